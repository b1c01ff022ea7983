/** A real registry on loopback with TLS and one user, as the cluster's controller has it. */
import { hashSync } from "bcryptjs";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { makeAuthority } from "../support/certificates";
import { end, untilReady } from "../support/child";
import { freePort } from "../support/ports";

export interface Registry {
  /** host:port */
  readonly server: string;
  readonly username: string;
  readonly password: string;
  /** Status of the registry's answer for this path; with the right password unless another one is given. */
  readonly status: (path: string, password?: string) => Promise<number>;
  readonly stop: () => Promise<void>;
}

const login = { username: "builder", password: "sesame" };

export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(path.join(tmpdir(), "inaetics-registry-"));
  const file = (name: string) => path.join(folder, name);
  const server = `127.0.0.1:${await freePort()}`;
  const { certificate, key } = await (await makeAuthority()).issue("registry", { addresses: ["127.0.0.1"] });
  writeFileSync(file("cert.pem"), certificate);
  writeFileSync(file("key.pem"), key);
  writeFileSync(file("htpasswd"), `${login.username}:${hashSync(login.password, 4)}\n`);
  writeFileSync(
    file("config.yml"),
    JSON.stringify({
      version: 0.1,
      log: { level: "warn" },
      storage: { filesystem: { rootdirectory: file("data") } },
      http: { addr: server, tls: { certificate: file("cert.pem"), key: file("key.pem") } },
      auth: { htpasswd: { realm: "test", path: file("htpasswd") } },
    }),
  );
  const registry = spawn("registry", ["serve", file("config.yml")], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  registry.on("error", (error) => (log += error.message));
  registry.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const status = (path: string, password = login.password) => ask(server, path, password);
  const isUp = async (): Promise<boolean> => (await status("/v2/")) === 200;
  await untilReady("registry", registry, 20, isUp, () => log);
  return {
    server,
    ...login,
    status,
    stop: async () => {
      await end(registry);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function ask(server: string, path: string, password: string): Promise<number> {
  const accept = "application/vnd.docker.distribution.manifest.v2+json";
  const options = { auth: `${login.username}:${password}`, rejectUnauthorized: false, headers: { accept } };
  return new Promise((resolve, reject) => {
    get(`https://${server}${path}`, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).on("error", reject);
  });
}
