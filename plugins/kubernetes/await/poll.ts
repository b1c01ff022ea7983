/** Asking again and again, often at first. */
import { setTimeout as sleep } from "node:timers/promises";
import { Unreachable } from "../errors";

const firstMs = 60;
const growth = 1.4;
const longestMs = 1000;

/**
 * Calls `attempt` until it answers something.
 * An API server that is away for a while (a restart) does not end the wait.
 * @throws the signal's reason when it is aborted first; any error of `attempt` other than Unreachable
 */
export async function poll<T>(signal: AbortSignal, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let delay = firstMs; ; delay = Math.min(delay * growth, longestMs)) {
    signal.throwIfAborted();
    const answer = await attempt().catch((error: unknown) => {
      if (signal.aborted) throw signal.reason;
      if (error instanceof Unreachable) return undefined;
      throw error;
    });
    if (answer !== undefined) return answer;
    await sleep(delay, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
