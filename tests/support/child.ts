/** Processes that tests start: they are awaited, and ended by their id. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { sleep } from "@inaetics/base";
import { eventually } from "./eventually";

export function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Ends a process, if it still runs. Returns its exit code, or the signal that ended it. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<number | string | null> {
  if (hasEnded(child)) return child.exitCode;
  const ended = once(child, "exit") as Promise<[number | null, string | null]>;
  child.kill(signal);
  const [code, by] = await ended;
  return code ?? by;
}

/**
 * Waits until a server's probe does not throw and does not return false. Kills the server otherwise.
 * @param output text that the server printed so far
 * @throws an error with the end of the output when the server has ended, or has not answered in time
 */
export async function untilReady(
  name: string,
  child: ChildProcess,
  seconds: number,
  probe: () => Promise<unknown>,
  output: () => string,
): Promise<void> {
  const outcome = await eventually(`${name} answers`, seconds, async () => {
    if (hasEnded(child)) return `${name} ended with ${child.exitCode ?? child.signalCode ?? "no process"}`;
    return (await probe()) !== false && "ready";
  }).catch(String);
  if (outcome === "ready") return;
  await end(child, "SIGKILL");
  // The last output of a process may arrive after its end.
  await sleep(100);
  throw new Error(`${outcome}\n${output().slice(-2000)}`);
}
