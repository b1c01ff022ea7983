/** An etcd server of a test. Proves nothing by itself. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { type Authority, type Identity, makeAuthority } from "./certificates";
import { end, untilReady } from "./child";
import { freePort } from "./ports";
import { searchPath } from "./tools";

/** One etcd server with TLS and client certificates, in a folder of its own. */
export class Etcd {
  private server: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    private readonly args: readonly string[],
    readonly endpoint: string,
    readonly authority: Authority,
    readonly client: Identity,
  ) {}

  static async start(): Promise<Etcd> {
    const folder = mkdtempSync(path.join(tmpdir(), "inaetics-etcd-"));
    const authority = await makeAuthority();
    const own = await authority.issue("etcd", { addresses: ["127.0.0.1", "etcd"] });
    const client = await authority.issue("root");
    const file = (name: string, text: string) => {
      const full = path.join(folder, name);
      writeFileSync(full, text, { mode: 0o600 });
      return full;
    };
    const trusted = file("ca.pem", authority.certificate);
    const [certificate, key] = [file("etcd.pem", own.certificate), file("etcd-key.pem", own.key)];
    file("client.pem", client.certificate);
    file("client-key.pem", client.key);
    const [port, peer] = [await freePort(), await freePort()];
    const endpoint = `https://127.0.0.1:${port}`;
    const peers = `http://127.0.0.1:${peer}`;
    const secured = ["--client-cert-auth", "--trusted-ca-file", trusted, "--cert-file", certificate, "--key-file", key];
    const clients = ["--listen-client-urls", endpoint, "--advertise-client-urls", endpoint];
    const others = ["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers];
    const cluster = [
      "--name",
      "test",
      "--initial-cluster",
      `test=${peers}`,
      "--log-level",
      "error",
      "--unsafe-no-fsync",
    ];
    const args = ["--data-dir", path.join(folder, "data"), ...secured, ...clients, ...others, ...cluster];
    const etcd = new Etcd(folder, args, endpoint, authority, client);
    await etcd.up();
    return etcd;
  }

  /** Starts the server, also again after `down`, and waits until it answers. */
  async up(): Promise<void> {
    const server = spawn("etcd", this.args, {
      env: { ...process.env, PATH: searchPath },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.server = server;
    let text = "";
    server.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
    server.on("error", (error) => {
      text += error.message;
    });
    const isUp = (): Promise<string> => this.run("endpoint", "health");
    await untilReady("etcd", server, 30, isUp, () => text);
  }

  /** Kills the server; its stored data stays. */
  async down(): Promise<void> {
    if (this.server !== undefined) await end(this.server, "SIGKILL");
  }

  /** Halts the server with its connections open, or lets it continue. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.server?.kill(signal);
  }

  /**
   * Makes a folder as pods have it: ca.pem; user-cert.pem and user-key.pem of the client `name`; cert.pem and key.pem
   * without a name, which the JSON gateway accepts.
   */
  async clientFolder(name: string): Promise<string> {
    const user = await this.authority.issue(name);
    const nameless = await this.authority.issue("", { organization: "inaetics" });
    const folder = mkdtempSync(path.join(this.folder, `${name}-`));
    const files = {
      "ca.pem": this.authority.certificate,
      "user-cert.pem": user.certificate,
      "user-key.pem": user.key,
      "cert.pem": nameless.certificate,
      "key.pem": nameless.key,
    };
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text, { mode: 0o600 });
    return folder;
  }

  get(key: string): Promise<string> {
    return this.run("get", "--print-value-only", key);
  }

  put(key: string, value: string): Promise<string> {
    return this.run("put", key, value);
  }

  delete(key: string): Promise<string> {
    return this.run("del", key);
  }

  async keys(prefix: string): Promise<readonly string[]> {
    return (await this.run("get", "--prefix", "--keys-only", prefix)).split("\n").filter(Boolean);
  }

  stop(): void {
    this.server?.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs etcdctl as root. */
  async run(...words: readonly string[]): Promise<string> {
    const file = (name: string) => path.join(this.folder, name);
    const identity = ["--cacert", file("ca.pem"), "--cert", file("client.pem"), "--key", file("client-key.pem")];
    const args = ["--endpoints", this.endpoint, ...identity, ...words];
    const { stdout } = await promisify(execFile)("etcdctl", args, { env: { ...process.env, PATH: searchPath } });
    return stdout;
  }
}
