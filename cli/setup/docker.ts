import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, lastLines, run, tryRun, Progress, withStep } from "@inaetics/workstation";
import { dockerDaemon, ensurePackages, findProgram, rootPrefix, systemPath } from "./packages";

/** State of the docker daemon, from its answer. */
export type DockerState =
  | { readonly kind: "ready" }
  | { readonly kind: "stopped"; readonly message: string }
  | { readonly kind: "forbidden"; readonly message: string };

export async function dockerState(): Promise<DockerState> {
  const answer = await tryRun("docker", ["version", "--format", "{{.Server.Version}}"], { timeout: 20_000 });
  if (answer.exitCode === 0) return { kind: "ready" };
  return classifyDockerError(answer.problem ?? answer.stderr.trim());
}

/** Distinguishes a daemon that is not running from one that refuses this user, because the cures differ. */
export function classifyDockerError(message: string): DockerState {
  return { kind: /permission denied/i.test(message) ? "forbidden" : "stopped", message };
}

/**
 * Starts the docker daemon unless it runs: by the service manager if there is one, else directly.
 * @throws Failure with the cure when this user may not start it, or the daemon does not start
 */
export async function ensureDocker(cache: string, progress: Progress): Promise<void> {
  const state = await dockerState();
  if (state.kind === "ready") return;
  if (state.kind === "forbidden") {
    throw new Failure(
      `this user may not use the docker daemon: ${state.message}`,
      'Run: sudo usermod -aG docker "$USER"   and log in again, or run this command as root.',
    );
  }
  if (process.env.DOCKER_HOST !== undefined) {
    throw new Failure(
      `the docker daemon of DOCKER_HOST=${process.env.DOCKER_HOST} does not answer: ${state.message}`,
      "Unset DOCKER_HOST, because the boxes run on this machine's own daemon.",
    );
  }
  const prefix = await rootPrefix();
  if (prefix === undefined) {
    throw new Failure("the docker daemon is not running", "Run: sudo systemctl start docker   (or sudo dockerd)");
  }
  await ensurePackages(progress, [dockerDaemon]);
  // On a machine with a service manager, installing the package has started the daemon.
  if ((await dockerState()).kind === "ready") return;
  await withStep(progress, "docker daemon", async () => {
    if (fs.existsSync("/run/systemd/system")) {
      const [program, ...rest] = [...prefix, "systemctl", "start", "docker"];
      await run(program, rest, { timeout: 120_000, cure: "See: journalctl -u docker" });
    } else {
      await startByHand(cache, prefix);
    }
  });
}

/**
 * Starts the daemon in a session of its own, for machines without a service manager (a container, a minimal machine).
 */
async function startByHand(cache: string, prefix: readonly string[]): Promise<void> {
  const dockerd = findProgram("dockerd");
  if (dockerd === undefined)
    throw new Failure("dockerd is not installed on this machine", "Run: apt-get install docker.io");
  forgetDead("/var/run/docker.pid", "dockerd");
  forgetDead("/var/run/docker/containerd/containerd.pid", "containerd");
  fs.mkdirSync(cache, { recursive: true });
  const log = path.join(cache, "dockerd.log");
  const output = fs.openSync(log, "w");
  const [program, ...rest] = [...prefix, dockerd, ...(await mtuArguments())];
  const child = spawn(program ?? dockerd, rest, {
    detached: true,
    stdio: ["ignore", output, output],
    env: { ...process.env, PATH: systemPath },
  });
  fs.closeSync(output);
  let ended: string | undefined;
  child.once("error", (error) => (ended = error.message));
  child.once("exit", (code) => (ended ??= `ended with exit code ${code ?? "?"}`));
  child.unref();
  const deadline = Date.now() + 90_000;
  while ((await dockerState()).kind !== "ready") {
    if (ended !== undefined || Date.now() > deadline) {
      const tail = lastLines(fs.readFileSync(log, "utf8"), 8);
      throw new Failure(`dockerd does not start: ${ended ?? "no answer within 90 s"}\n${tail}`, `Its log is ${log}`);
    }
    await sleep(200);
  }
}

/** Deletes a pid file whose process is gone, because docker takes any process with that number for its own. */
function forgetDead(file: string, name: string): void {
  if (!fs.existsSync(file)) return;
  const pid = fs.readFileSync(file, "utf8").trim();
  const status = `/proc/${pid}/comm`;
  const alive = pid !== "" && fs.existsSync(status) && fs.readFileSync(status, "utf8").trim() === name;
  if (!alive) fs.rmSync(file, { force: true });
}

/** Returns docker's MTU argument when the default route's MTU is below 1500, which docker assumes. */
async function mtuArguments(): Promise<readonly string[]> {
  const settings = "/etc/docker/daemon.json";
  // The daemon refuses a setting that is given twice.
  if (fs.existsSync(settings) && fs.readFileSync(settings, "utf8").includes('"mtu"')) return [];
  const routes = await tryRun("ip", ["-4", "route", "show", "default"], { env: { PATH: systemPath } });
  const device = /\bdev (\S+)/.exec(routes.stdout)?.[1];
  if (device === undefined) return [];
  const mtu = Number.parseInt(fs.readFileSync(`/sys/class/net/${device}/mtu`, "utf8"), 10);
  return mtu > 0 && mtu < 1500 ? ["--mtu", String(mtu)] : [];
}
