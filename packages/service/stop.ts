import { type Log, messageWithCause } from "@inaetics/base";

/** Longest time for stopping. Kubernetes kills after 30 s; a step that is not done by now would not end then either. */
const LONGEST_STOP_MS = 8000;

/** Runs the steps in order on SIGTERM or SIGINT, then exits with 0. Logs a step that fails and runs the next one. */
export function stopOnSignal(log: Log, steps: readonly (() => unknown)[]): void {
  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info(`${signal}: stopping`);
    setTimeout(() => process.exit(0), LONGEST_STOP_MS).unref();
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        log.warn(`while stopping: ${messageWithCause(error)}`);
      }
    }
    process.exit(0);
  };
  process.once("SIGTERM", (signal) => void stop(signal));
  process.once("SIGINT", (signal) => void stop(signal));
}
