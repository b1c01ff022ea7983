/**
 * Connects to a docker daemon on another machine through a private unix socket on this one. Each connection to it is an
 * ssh session that runs `docker system dial-stdio` there, as the docker client does. Uses the ssh program, because
 * `sshOpts` are its options.
 */
import { ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";

export interface Bridge {
  readonly socketPath: string;
  /** Last error output of a failed ssh; else undefined. */
  readonly lastError: () => string | undefined;
}

/** Default options; they follow the user's, which override them because ssh uses the first value of an option. */
const defaults = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-o", "ServerAliveInterval=15"];

/** @param url ssh://user@host:port */
export function bridge(url: URL, options: readonly string[]): Promise<Bridge> {
  const folder = mkdtempSync(path.join(tmpdir(), "inaetics-docker-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const socketPath = path.join(folder, "docker.sock");
  let problem: string | undefined;
  const server = createServer((socket) => connect(socket, url, options, (text) => (problem = text)));
  server.unref();
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(socketPath, () => resolve({ socketPath, lastError: () => problem }));
  });
}

function connect(socket: Socket, url: URL, options: readonly string[], failed: (text: string) => void): void {
  const port = url.port === "" ? [] : ["-p", url.port];
  const user = url.username === "" ? [] : ["-l", decodeURIComponent(url.username)];
  const command = ["docker", "system", "dial-stdio"];
  const ssh = spawn("ssh", [...options, ...defaults, ...port, ...user, "-T", "--", url.hostname, ...command]);
  let errors = "";
  ssh.stderr.on("data", (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2000)));
  ssh.on("error", (error: NodeJS.ErrnoException) => {
    failed(error.code === "ENOENT" ? "the program ssh is not installed" : error.message);
    socket.destroy();
  });
  ssh.on("close", (code) => {
    if (code !== 0 && code !== null) failed(`ssh to ${url.host} ended with code ${code}: ${errors.trim()}`);
    // The socket ends only now, because the other end asks for the reason as soon as it does.
    socket.end();
  });
  join(socket, ssh);
}

function join(socket: Socket, ssh: ChildProcessWithoutNullStreams): void {
  socket.pipe(ssh.stdin);
  ssh.stdout.pipe(socket, { end: false });
  for (const stream of [socket, ssh.stdin, ssh.stdout]) stream.on("error", () => undefined);
  socket.on("close", () => ssh.kill("SIGTERM"));
}
