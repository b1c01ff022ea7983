/** A real nats-server with JetStream on loopback, with a store of its own that survives its restarts. */
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import * as os from "node:os";
import * as path from "node:path";

export const brokerUser = "tester";
export const brokerPassword = "swordfish";

/** A free port of loopback; free at least until somebody else takes it. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export class TestBroker {
  private server: ChildProcess | undefined;
  private output = "";

  private constructor(
    readonly port: number,
    private readonly folder: string,
  ) {}

  static async start(): Promise<TestBroker> {
    const broker = new TestBroker(await freePort(), mkdtempSync(path.join(os.tmpdir(), "inaetics-broker-")));
    await broker.up();
    return broker;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** What services need to reach it. */
  get environment(): Readonly<Record<string, string>> {
    return { NATS_URL: this.url, NATS_USER: brokerUser, NATS_PASSWORD: brokerPassword };
  }

  async up(): Promise<void> {
    const server = spawn(
      "nats-server",
      [
        "-a",
        "127.0.0.1",
        "-p",
        String(this.port),
        "-js",
        "-sd",
        this.folder,
        "--user",
        brokerUser,
        "--pass",
        brokerPassword,
      ],
      { env: environmentWithTools(), stdio: ["ignore", "pipe", "pipe"] },
    );
    this.server = server;
    let failure = "";
    server.on(
      "error",
      (error) => (failure = `nats-server cannot be started: ${error.message}; ./cluster doctor says why`),
    );
    server.stderr.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    for (let tries = 0; tries < 100; tries++) {
      if (failure !== "" || server.exitCode !== null) throw new Error(failure || `nats-server ended:\n${this.output}`);
      const connection = await this.connect().catch(() => undefined);
      if (connection !== undefined) return connection.close();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`nats-server does not answer:\n${this.output}`);
  }

  /** Ends the server; SIGKILL is what a lost box does. */
  async down(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill(signal);
    await ended;
  }

  connect(): Promise<NatsConnection> {
    return connect({
      servers: this.url,
      user: brokerUser,
      pass: brokerPassword,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 200,
    });
  }

  async remove(): Promise<void> {
    await this.down("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The environment with the project's tool cache at the end of PATH. */
function environmentWithTools(): NodeJS.ProcessEnv {
  const cache = process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache");
  const bin = path.join(cache, "inaetics-cluster", "bin");
  return { ...process.env, PATH: `${process.env["PATH"] ?? ""}${path.delimiter}${bin}` };
}
