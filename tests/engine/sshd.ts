/** A real sshd on loopback with keys of its own, for tests of ssh connections. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import * as path from "node:path";
import { end, untilReady } from "../support/child";

export interface Sshd {
  readonly port: number;
  readonly user: string;
  /** Text of the private key that may log in. */
  readonly privateKey: string;
  /** File of the private key, and a known_hosts file with the server's key. */
  readonly keyFile: string;
  readonly knownHosts: string;
  /** Line of the server's public key. */
  readonly hostKey: string;
  /** Log of sshd so far. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

/**
 * @param port of the server; a test can choose it beforehand to start the server later than its client
 * @param keyFile private key that may log in; a new one is made when undefined
 */
export async function startSshd(port: number, keyFile?: string): Promise<Sshd> {
  const folder = mkdtempSync(path.join(tmpdir(), "inaetics-sshd-"));
  const file = (name: string) => path.join(folder, name);
  for (const name of keyFile === undefined ? ["host", "user"] : ["host"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "engine-test", "-f", file(name)]);
  }
  execFileSync("ssh-keygen", ["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", file("host-rsa")]);
  const userKey = keyFile ?? file("user");
  writeFileSync(file("authorized"), readFileSync(`${userKey}.pub`), { mode: 0o600 });
  writeFileSync(file("config"), configuration(folder, port));
  // Debian's sshd needs its privilege separation folder, which the service normally makes.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const server = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", file("config")], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  server.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  await untilReady(
    "sshd",
    server,
    20,
    () => isOpen(port),
    () => log,
  );
  const hostKey = readFileSync(file("host.pub"), "utf8").trim();
  writeFileSync(file("known_hosts"), `[127.0.0.1]:${port} ${hostKey}\n`);
  return {
    port,
    user: userInfo().username,
    privateKey: readFileSync(userKey, "utf8"),
    keyFile: userKey,
    knownHosts: file("known_hosts"),
    hostKey,
    log: () => log,
    stop: async () => {
      await end(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, port: number): string {
  return [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${folder}/host-rsa`,
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized`,
    "PidFile none",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    "StrictModes no",
    "UsePAM no",
    "LogLevel VERBOSE",
    "AcceptEnv GREETING PULUMI_COMMAND_*",
    "Subsystem sftp internal-sftp",
    "",
  ].join("\n");
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    }).on("error", () => resolve(false));
  });
}
