/** Three nats-servers of one version on loopback, with the settings that the cluster's brokers have. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";

export const REPLICAS = 3;
const user = "bench";
const password = "bench";

/** Running servers, and how to reach and end them. */
export interface Servers {
  readonly version: string;
  /** The environment variables that packages/service/broker reads. */
  readonly environment: Readonly<Record<string, string>>;
  readonly end: () => Promise<void>;
}

/** Starts servers of a program; their files lie in the folder for temporary files, which must be on a disk. */
export async function startServers(program: string, root: string): Promise<Servers> {
  const version = execFileSync(program, ["--version"], { encoding: "utf8" }).trim();
  const folder = mkdtempSync(path.join(os.tmpdir(), "inaetics-bench-"));
  const ports = await freePorts(3 * REPLICAS);
  const portOf = (index: number, kind: number): string => String(ports[3 * index + kind]);
  const routes = Array.from({ length: REPLICAS }, (_, index) => `127.0.0.1:${portOf(index, 2)}`).join(",");
  const running = Array.from({ length: REPLICAS }, (_, index): ChildProcess => {
    const store = path.join(folder, String(index));
    mkdirSync(store);
    const settings = execFileSync(path.join(root, "images", "broker", "broker-config"), {
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        POD_NAME: `bench-${index}`,
        NATS_USER: user,
        NATS_PASSWORD: password,
        BROKER_REPLICAS: String(REPLICAS),
        BROKER_STORE: store,
        BROKER_ROUTES: routes,
        BROKER_PORT: portOf(index, 0),
        BROKER_MONITOR_PORT: portOf(index, 1),
        BROKER_ROUTE_PORT: portOf(index, 2),
      },
    });
    const file = path.join(folder, `${index}.conf`);
    writeFileSync(file, settings);
    return spawn(program, ["--addr", "127.0.0.1", "--config", file], { stdio: "ignore" });
  });
  return {
    version,
    environment: {
      NATS_URL: Array.from({ length: REPLICAS }, (_, index) => `nats://127.0.0.1:${portOf(index, 0)}`).join(","),
      NATS_USER: user,
      NATS_PASSWORD: password,
    },
    end: async () => {
      await Promise.all(
        running.map(async (server) => {
          const ended = once(server, "exit");
          if (server.exitCode === null && server.kill("SIGKILL")) await ended;
        }),
      );
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
