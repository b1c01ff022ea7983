/** A controller's member of etcd in a test: the boxes' script and the flags of their unit, on a loopback address. Proves nothing by itself. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";

import * as path from "node:path";
import { promisify } from "node:util";
import { type Authority, makeAuthority } from "./certificates";
import { end } from "./child";
import { eventuallyHolds } from "./eventually";
import { freePort } from "./ports";
import { repository } from "./repository";
import { toolFolder } from "./tools";

const environment = { ...process.env, PATH: `${toolFolder}:${process.env["PATH"] ?? ""}` };
const read = (...names: readonly string[]): string => readFileSync(path.join(repository, "vagrant", ...names), "utf8");

/** Ports and authority that the members of a test share, and the folder that holds everything. */
export interface Ground {
  readonly folder: string;
  readonly authority: Authority;
  readonly client: number;
  readonly peer: number;
}

export async function makeGround(): Promise<Ground> {
  const folder = mkdtempSync(path.join(tmpdir(), "inaetics-members-"));
  return { folder, authority: await makeAuthority(), client: await freePort(), peer: await freePort() };
}

/** One controller as etcd sees it. */
export class EtcdMember {
  private server: ChildProcess | undefined;
  private readonly root: string;
  errors = "";

  private constructor(
    private readonly ground: Ground,
    readonly name: string,
    readonly address: string,
  ) {
    this.root = path.join(ground.folder, name);
  }

  static async make(ground: Ground, name: string, address: string): Promise<EtcdMember> {
    const member = new EtcdMember(ground, name, address);
    const pki = path.join(member.root, "etc", "pki");
    mkdirSync(pki, { recursive: true });
    writeFileSync(path.join(pki, "ca.pem"), ground.authority.certificate);
    for (const [file, user, addresses] of [
      ["etcd", "etcd", ["etcd", address, "127.0.0.1"]],
      ["etcd-root", "root", []],
      ["stranger", "kubelet", []],
    ] as const) {
      const pair = await ground.authority.issue(user, { addresses });
      writeFileSync(path.join(pki, `${file}.pem`), pair.certificate);
      writeFileSync(path.join(pki, `${file}-key.pem`), pair.key, { mode: 0o600 });
    }
    writeFileSync(path.join(member.root, "etcd-member"), member.local(read("scripts", "etcd-member")), { mode: 0o755 });
    return member;
  }

  /** Replaces the paths and ports of a box by those of this member. */
  private local(text: string): string {
    return text
      .replaceAll("/etc/inaetics", path.join(this.root, "etc"))
      .replaceAll("/var/lib/inaetics", path.join(this.root, "data"))
      .replaceAll("/run/inaetics", path.join(this.root, "run"))
      .replaceAll("/opt/inaetics/bin/", "command ")
      .replaceAll("=2379", `=${this.ground.client}`)
      .replaceAll("=2380", `=${this.ground.peer}`)
      .replaceAll(":2379", `:${this.ground.client}`)
      .replaceAll(":2381", `:0`);
  }

  /** Writes this box's settings: the controllers of the cluster. */
  configure(controllers: readonly EtcdMember[]): void {
    const list = controllers.map(({ name, address }) => `${name}=${address}`).join(",");
    const settings = { BOX_NAME: this.name, BOX_ADDRESS: this.address, CLUSTER: "test", CONTROLLERS: list };
    const text = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(path.join(this.root, "etc", "cluster.env"), text.join(""));
  }

  /** Runs the boxes' script. An error has what it printed. */
  async run(...words: readonly string[]): Promise<string> {
    return (await promisify(execFile)("bash", [path.join(this.root, "etcd-member"), ...words], { env: environment }))
      .stdout;
  }

  /** Does what the units do: prepares until it succeeds, starts, and settles until it succeeds. */
  async up(seconds = 60): Promise<void> {
    await eventuallyHolds(`${this.name} may start`, seconds, () => this.run("prepare"));
    const flags = /^ExecStart=\S+\/etcd ((?:.*\\\n)*.*)/m.exec(read("units", "controller", "etcd.service"))?.[1] ?? "";
    // All members are on this machine, so none may have the address 127.0.0.1.
    const ownBox = `,https://127.0.0.1:${this.ground.client}`;
    const settings = [path.join(this.root, "etc", "cluster.env"), path.join(this.root, "run", "etcd.env")];
    const script = `set -a; . ${settings[0]}; . ${settings[1]}; exec etcd ${this.local(flags).replace(ownBox, "")} --unsafe-no-fsync`;
    const server = spawn("sh", ["-c", script], { env: environment, stdio: ["ignore", "ignore", "pipe"] });
    server.stderr.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
    this.server = server;
    await eventuallyHolds(`${this.name} votes`, seconds, async () => {
      if (server.exitCode !== null) throw new Error(`etcd ended: ${this.errors.slice(-600)}`);
      await this.run("settle");
      await this.etcdctl("endpoint", "health");
    });
  }

  /** Kills etcd; its data stay. */
  async down(): Promise<void> {
    if (this.server !== undefined) await end(this.server, "SIGKILL");
  }

  /** Deletes etcd's data, as a new disk. */
  forget(): void {
    rmSync(path.join(this.root, "data"), { recursive: true });
  }

  /** Asks the port for peers, with the certificate of this name. Rejects when TLS refuses it. */
  peerStatus(user: "etcd" | "stranger"): Promise<number | undefined> {
    const own = (name: string) => readFileSync(this.pki(name));
    const client = { ca: own("ca.pem"), cert: own(`${user}.pem`), key: own(`${user}-key.pem`), agent: false };
    return new Promise((resolve, reject) => {
      const url = `https://${this.address}:${this.ground.peer}/version`;
      get(url, client, (answer) => resolve(answer.resume().statusCode)).on("error", reject);
    });
  }

  private pki(file: string): string {
    return path.join(this.root, "etc", "pki", file);
  }

  /** Runs etcdctl as root at this member. */
  async etcdctl(...words: readonly string[]): Promise<string> {
    const keys = ["--cert", this.pki("etcd-root.pem"), "--key", this.pki("etcd-root-key.pem")];
    const identity = [
      "--endpoints",
      `https://${this.address}:${this.ground.client}`,
      "--cacert",
      this.pki("ca.pem"),
      ...keys,
    ];
    const limits = ["--dial-timeout=2s", "--command-timeout=4s"];
    const args = [...identity, ...limits, ...words];
    return (await promisify(execFile)("etcdctl", args, { env: environment })).stdout;
  }

  /** Members as this one knows them: `name learner`, sorted. */
  async members(): Promise<readonly string[]> {
    const lines = (await this.etcdctl("member", "list")).trim().split("\n");
    return lines.map((line) => [2, 5].map((field) => line.split(", ")[field]).join(" ")).sort();
  }

  async isLeader(): Promise<boolean> {
    const [status] = JSON.parse(await this.etcdctl("endpoint", "status", "--write-out=json")) as readonly {
      readonly Status: { readonly leader: number; readonly header: { readonly member_id: number } };
    }[];
    return status !== undefined && status.Status.leader === status.Status.header.member_id;
  }
}
