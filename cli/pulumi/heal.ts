import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Context, pulumiEnvironment, readLine, statePaths, checkpointFile } from "@inaetics/stack";
import { Failure, run, Progress, withStep } from "@inaetics/workstation";

/** Owner of a lock of Pulumi's file backend. */
export interface StackLock {
  readonly pid: number;
  readonly hostname: string;
}

/** Returns the program in a process's command line; undefined when no process has that number. */
export type ProcessName = (pid: number) => string | undefined;

/**
 * `stale`: its owner is gone. `ours`: a pulumi of this machine holds it. `foreign`: only its own machine can check it.
 */
export type LockVerdict = "stale" | "ours" | "foreign";

/** Judges a lock by its owner. A process number that now belongs to another program is not the owner any more. */
export function judgeLock(lock: StackLock, hostname: string, processName: ProcessName): LockVerdict {
  if (lock.hostname !== hostname) return "foreign";
  const name = processName(lock.pid);
  return name !== undefined && /(^|\/)pulumi$/.test(name) ? "ours" : "stale";
}

/** Returns argv[0] of a process of this machine. */
export function processName(pid: number): string | undefined {
  try {
    const name = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0];
    // A zombie has an empty command line.
    return name === "" ? undefined : name;
  } catch {
    return undefined;
  }
}

/**
 * File with the number of the ./cluster process that waits for pulumi; shows whether a running pulumi was forgotten.
 */
export function ownerFile(context: Context): string {
  return path.join(context.run, "operation");
}

/**
 * Clears the remains of an interrupted run, so that the next run can start. Removes locks of processes that are gone,
 * and unfinished operations. Stops a pulumi whose ./cluster was killed.
 * @throws Failure when a running process uses the stack
 */
export async function healStack(context: Context, progress: Progress): Promise<void> {
  await healLocks(context, progress);
  if (pendingOperations(context) > 0) {
    await withStep(progress, "forgetting unfinished operations of an interrupted run", async () => {
      const file = path.join(context.run, "interrupted-state.json");
      const options = { cwd: context.root, env: pulumiEnvironment(context, process.env) };
      // The import drops pending operations. Their resources are found again, because creating them is idempotent.
      await run("pulumi", ["stack", "export", "--file", file, "--non-interactive"], options);
      await run("pulumi", ["stack", "import", "--file", file, "--non-interactive"], options);
      fs.rmSync(file);
    });
  }
}

/** Removes locks of processes that are gone, and waits for those that run. @throws as {@link healStack} */
export async function healLocks(context: Context, progress: Progress): Promise<void> {
  for (const file of lockFiles(context)) await healLock(context, file, progress);
}

function lockFiles(context: Context): string[] {
  const folder = path.join(statePaths.backend(context), ".pulumi/locks/organization/inaetics", context.stack);
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => path.join(folder, name));
}

async function healLock(context: Context, file: string, progress: Progress): Promise<void> {
  const lock = readLock(file);
  if (lock === undefined) return;
  const verdict = judgeLock(lock, os.hostname(), processName);
  if (verdict === "foreign") {
    throw new Failure(
      `stack ${context.stack} is locked by process ${lock.pid} on ${lock.hostname}`,
      "Wait until it has ended there. If it is gone, run: ./cluster pulumi cancel --yes",
    );
  }
  if (verdict === "ours") await waitForOwner(context, lock.pid, progress);
  if (fs.existsSync(file)) progress.note(`removing the lock of pulumi process ${lock.pid}, which is gone`);
  fs.rmSync(file, { force: true });
}

/** Reads a lock. A lock that is incomplete (being written, or cut off by a full disk) has no owner to wait for. */
function readLock(file: string): StackLock | undefined {
  try {
    const { pid, hostname } = JSON.parse(fs.readFileSync(file, "utf8")) as Partial<StackLock>;
    return { pid: Number(pid), hostname: String(hostname) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    return { pid: 0, hostname: os.hostname() };
  }
}

/** Waits for a running pulumi. A pulumi without a waiting ./cluster is asked to stop, then killed after 90 s. */
async function waitForOwner(context: Context, pid: number, progress: Progress): Promise<void> {
  const owner = Number(readLine(ownerFile(context)) ?? NaN);
  const forgotten = Number.isNaN(owner) ? false : processName(owner) === undefined;
  const name = forgotten
    ? `stopping pulumi process ${pid}, whose ./cluster was killed`
    : `waiting for pulumi process ${pid}, which works on stack ${context.stack}`;
  await withStep(progress, name, async () => {
    const started = Date.now();
    if (forgotten) process.kill(pid, "SIGINT");
    let killed = false;
    while (processName(pid) !== undefined) {
      const waited = Date.now() - started;
      if (forgotten && !killed && waited > 90_000) {
        process.kill(pid, "SIGKILL");
        killed = true;
      }
      if (waited > 15 * 60_000) {
        throw new Failure(
          `pulumi process ${pid} still works on stack ${context.stack} after 15 minutes`,
          `Wait until it has ended, or end it: kill ${pid}`,
        );
      }
      await sleep(200);
    }
  });
}

/** Returns the number of operations that the last update began and did not end. */
export function pendingOperations(context: Context): number {
  interface Checkpoint {
    readonly checkpoint?: { readonly latest?: { readonly pending_operations?: readonly unknown[] | null } | null };
  }
  try {
    const text = fs.readFileSync(checkpointFile(context), "utf8");
    return (JSON.parse(text) as Checkpoint).checkpoint?.latest?.pending_operations?.length ?? 0;
  } catch {
    return 0;
  }
}
