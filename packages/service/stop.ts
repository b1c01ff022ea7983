import { type Log, message } from "@inaetics/base";

/** Kubernetes kills after 30 s; whatever has not ended after this long would not have ended then either. */
const LONGEST_STOP_MS = 8000;

/** Runs the steps in order on SIGTERM or SIGINT, then exits with 0; a step that fails is logged and the next one runs. */
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
        log.warn(`while stopping: ${message(error)}`);
      }
    }
    process.exit(0);
  };
  process.once("SIGTERM", (signal) => void stop(signal));
  process.once("SIGINT", (signal) => void stop(signal));
}
