/** Runs scripts on this machine. */
import { spawn } from "node:child_process";
import { Context } from "../lib";
import { release, watch } from "./reaper";
import { Capture, Output, Script, ScriptFailed } from "./run";

/** Milliseconds after the script's end for which a process that it left behind may still hold its output. */
const outputGrace = 1000;
/** Milliseconds from SIGTERM to SIGKILL. */
const killGrace = 5000;

export interface Place {
  /** Working directory; undefined for that of this process. */
  readonly dir: string | undefined;
  /** Program and arguments before the script. */
  readonly interpreter: readonly string[];
}

/** Runs the script in its own process group, so that ending the group ends everything that the script started. */
export async function runLocally(place: Place, script: Script, context: Context): Promise<Output> {
  context.signal.throwIfAborted();
  const [program = "/bin/sh", ...args] = place.interpreter;
  const child = spawn(program, [...args, script.text], {
    cwd: place.dir,
    env: { ...process.env, ...script.environment },
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const capture = new Capture(script.logging, context.log);
  child.stdout.on("data", (chunk: Buffer) => capture.add("stdout", chunk));
  child.stderr.on("data", (chunk: Buffer) => capture.add("stderr", chunk));
  // A command may end without reading all of its input.
  child.stdin.on("error", () => undefined);
  child.stdin.end(script.stdin ?? "");

  const group = child.pid;
  const kill = (signal: NodeJS.Signals) => group !== undefined && signalGroup(group, signal);
  let forced: NodeJS.Timeout | undefined;
  const abort = () => {
    kill("SIGTERM");
    forced = setTimeout(() => kill("SIGKILL"), killGrace);
  };
  context.signal.addEventListener("abort", abort, { once: true });
  if (group !== undefined) watch(group);
  try {
    const ending = await ended(child, program, place.dir);
    const output = capture.end();
    if (context.signal.aborted) throw new ScriptFailed((context.signal.reason as Error).message, script, output);
    if (ending !== undefined) throw new ScriptFailed(ending, script, output);
    return output;
  } finally {
    context.signal.removeEventListener("abort", abort);
    clearTimeout(forced);
    if (group !== undefined) release(group);
  }
}

/** Resolves after the process has ended and its output was read. Returns the problem; undefined for none. */
function ended(child: ReturnType<typeof spawn>, program: string, dir: string | undefined): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      const where = dir === undefined ? "" : ` in the folder ${dir}`;
      const missing = error.code === "ENOENT" ? "the program or the folder does not exist" : error.message;
      reject(new Error(`cannot start ${program}${where}: ${missing}`));
    });
    child.on("exit", (code, signal) => {
      const ending = signal !== null ? `ended by ${signal}` : code !== 0 ? `exit status ${code}` : undefined;
      const late = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, outputGrace);
      child.on("close", () => {
        clearTimeout(late);
        resolve(ending);
      });
    });
  });
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Everything in the group has ended already.
  }
}
