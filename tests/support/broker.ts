/** Real nats-servers with JetStream on loopback, with stores of their own that survive their restarts. */
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { end, untilReady } from "./child";
import { freePort } from "./ports";
import { searchPath } from "./tools";

export const brokerUser = "tester";
export const brokerPassword = "swordfish";

/** Ports and folder of one server. */
interface Member {
  readonly port: number;
  readonly routePort: number;
  readonly folder: string;
}

/** One server, or several that replicate. */
export class TestBroker {
  private readonly running = new Map<Member, ChildProcess>();
  private output = "";

  private constructor(
    private readonly members: readonly Member[],
    private readonly folder: string,
  ) {}

  static async start(size = 1): Promise<TestBroker> {
    const folder = mkdtempSync(path.join(os.tmpdir(), "inaetics-broker-"));
    const members: Member[] = [];
    for (let index = 0; index < size; index++) {
      members.push({ port: await freePort(), routePort: await freePort(), folder: path.join(folder, String(index)) });
    }
    const broker = new TestBroker(members, folder);
    await broker.up();
    return broker;
  }

  get url(): string {
    return this.members.map((each) => `nats://127.0.0.1:${each.port}`).join(",");
  }

  /** Environment variables with which services reach the broker. */
  get environment(): Readonly<Record<string, string>> {
    return { NATS_URL: this.url, NATS_USER: brokerUser, NATS_PASSWORD: brokerPassword };
  }

  /** Name of a server in the cluster. */
  nameOf(index: number): string {
    return nameOf(this.member(index));
  }

  /** Removes the files of a server that is down. */
  empty(index: number): void {
    rmSync(this.member(index).folder, { recursive: true, force: true });
  }

  private member(index: number): Member {
    const member = this.members[index];
    if (member === undefined) throw new Error(`server ${index}: ${this.members.length} exist`);
    return member;
  }

  /** Starts the servers that are down, or those of them that are listed, and waits until they take clients. */
  async up(indices?: readonly number[]): Promise<void> {
    const wanted = this.members.filter((_, index) => indices?.includes(index) ?? true);
    const down = wanted.filter((each) => !this.running.has(each));
    for (const member of down) this.spawn(member);
    for (const member of down) await this.answers(member);
  }

  /** Ends the servers, or one of them; SIGKILL simulates a lost box. */
  async down(signal: NodeJS.Signals = "SIGTERM", index?: number): Promise<void> {
    for (const member of this.members.filter((_, each) => index === undefined || each === index)) {
      const server = this.running.get(member);
      this.running.delete(member);
      if (server !== undefined) await end(server, signal);
    }
  }

  /** @param user the system's may take servers out of the cluster */
  connect(user: "client" | "system" = "client"): Promise<NatsConnection> {
    const who = user === "system" ? { ...login, user: systemUser } : login;
    return connect({ ...who, servers: this.url.split(","), maxReconnectAttempts: -1, reconnectTimeWait: 200 });
  }

  async remove(): Promise<void> {
    await this.down("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  private spawn(member: Member): void {
    const single = ["-a", "127.0.0.1", "-p", String(member.port), "-js", "-sd", member.folder];
    const routes = this.members.map((each) => `nats://127.0.0.1:${each.routePort}`);
    const cluster = [
      "-n",
      nameOf(member),
      "--cluster_name",
      "test",
      "--cluster",
      `nats://127.0.0.1:${member.routePort}`,
    ];
    const logins = path.join(this.folder, "logins.conf");
    writeFileSync(logins, loginsOfServers);
    const args = [...single, "--config", logins];
    if (this.members.length > 1) args.push(...cluster, "--routes", routes.join(","));
    const server = spawn("nats-server", args, {
      env: { ...process.env, PATH: searchPath },
      stdio: ["ignore", "pipe", "pipe"],
    });
    server.on(
      "error",
      (error) => (this.output += `nats-server cannot be started: ${error.message}; see ./cluster doctor`),
    );
    server.stderr.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    this.running.set(member, server);
  }

  private async answers(member: Member): Promise<void> {
    const server = this.running.get(member);
    if (server === undefined) throw new Error(`nats-server was not started on port ${member.port}`);
    const isUp = async (): Promise<void> => (await connect({ ...login, servers: `127.0.0.1:${member.port}` })).close();
    await untilReady(`nats-server on port ${member.port}`, server, 30, isUp, () => this.output);
  }
}

function nameOf(member: Member): string {
  return `server-${member.port}`;
}

const systemUser = "system";
const login = { user: brokerUser, pass: brokerPassword };
const loginsOfServers = `authorization { users: [{ user: ${brokerUser}, password: ${brokerPassword} }] }
accounts { $SYS { users: [{ user: ${systemUser}, password: ${brokerPassword} }] } }
`;
