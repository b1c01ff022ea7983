/** Waits that end with the awaited value, or with an error that says what was last seen. Proves nothing by itself. */
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Calls `look` each half second until it does not throw.
 * @param seconds after which its last error is thrown, with `what` before it
 */
export async function eventually<T>(what: string, seconds: number, look: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() > deadline) {
        const last = error instanceof Error ? error.message : String(error);
        throw new Error(`${what}: not within ${seconds} s; last: ${last}`, { cause: error });
      }
    }
    await sleep(500);
  }
}

/** Returns the reason why an attempt failed; undefined when it succeeded. */
export async function refusal(attempt: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return cause instanceof Error ? [cause.message, "code" in cause ? cause.code : ""].join(" ") : String(cause);
  }
}
