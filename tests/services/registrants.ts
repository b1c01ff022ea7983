/** Helpers for tests of discovery: the boxes' users of etcd, and processes that register. Proves nothing by itself. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import type { Entries } from "@inaetics/discovery";
import { end } from "../support/child";
import type { Etcd } from "../support/etcd";
import { toolFolder } from "../support/tools";
import { repository } from "../support/repository";

const vagrant = path.join(repository, "vagrant");

/** The boxes' script with a box's paths replaced by a folder of the test. */
export class EtcdUsers {
  readonly password: string;
  private readonly script: string;

  constructor(private readonly etcd: Etcd) {
    const root = path.join(etcd.folder, "box");
    const pki = path.join(root, "pki");
    mkdirSync(pki, { recursive: true });
    for (const [from, to] of [
      ["ca.pem", "ca.pem"],
      ["client.pem", "etcd-root.pem"],
      ["client-key.pem", "etcd-root-key.pem"],
    ] as const) {
      copyFileSync(path.join(etcd.folder, from), path.join(pki, to));
    }
    this.password = path.join(root, "discovery-password");
    this.script = path.join(root, "etcd-auth");
    const text = readFileSync(path.join(vagrant, "scripts", "etcd-auth"), "utf8")
      .replaceAll("/etc/inaetics/", `${root}/`)
      .replaceAll("/var/lib/inaetics/", `${root}/state/`)
      .replaceAll("/opt/inaetics/bin/etcdctl", "command etcdctl")
      .replaceAll("https://127.0.0.1:2379", etcd.endpoint);
    writeFileSync(this.script, text, { mode: 0o755 });
  }

  /** Runs the script with this password in the file (undefined: no file). Returns etcd's revision of users. */
  async apply(password: string | undefined): Promise<string> {
    await promisify(execFile)("sh", [
      "-c",
      password === undefined ? `rm -f "$0"` : `printf '%s\\n' "$1" >"$0"`,
      this.password,
      password ?? "",
    ]);
    await promisify(execFile)("sh", [this.script], {
      env: { PATH: `${toolFolder}:${process.env["PATH"] ?? ""}`, FLANNEL_ETCD_PREFIX: "/coreos.com/network" },
    });
    return /authRevision: *(\d+)/i.exec(await this.etcd.run("auth", "status"))?.[1] ?? "?";
  }
}

/** tests/services/registrant.ts as a process. */
export class Registrant {
  output = "";
  errors = "";

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
  }

  static start(endpoint: string, folder: string, keys: Readonly<Record<string, string>>): Registrant {
    const environment = { ETCD_ENDPOINTS: endpoint, DISCOVERY_DIR: folder, KEYS: JSON.stringify(keys) };
    const options = { env: { PATH: process.env["PATH"], ...environment } };
    // Node warns about addresses as TLS server names, which grpc-js sets.
    const args = ["--disable-warning=DEP0123", path.join(__dirname, "registrant.js")];
    return new Registrant(spawn(process.execPath, args, options));
  }

  /** The last state of its registration that the process printed. */
  get state(): string {
    return [...this.output.matchAll(/^state (.*)$/gm)].at(-1)?.[1] ?? "silent";
  }

  get entries(): Entries {
    const text = [...this.output.matchAll(/^entries (.*)$/gm)].at(-1)?.[1];
    return new Map(JSON.parse(text ?? "[]") as [string, string][]);
  }

  /** Fails when the process has ended or has written to standard error. */
  well(): void {
    expect(this.errors).to.equal("");
    expect(this.child.exitCode ?? this.child.signalCode).to.equal(null);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    await end(this.child, signal);
  }
}
