/** Waits for what a test expects to happen soon. */
import { messageWithCause, sleep } from "@inaetics/base";

/** Milliseconds between two probes: short at first, because most waits are short, longer while they go on. */
const [SHORTEST_MS, LONGEST_MS] = [20, 500];

/**
 * Calls the probe until it returns a value other than undefined and false. The last call is when the limit has passed.
 * @param what the awaited state, named in the error
 * @throws an error with the probe's last error or value
 */
export async function eventually<T>(
  what: string,
  seconds: number,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const started = performance.now();
  for (;;) {
    const left = seconds * 1000 - (performance.now() - started);
    let last: unknown;
    try {
      last = await probe();
      if (last !== undefined && last !== false) return last as T;
    } catch (error) {
      last = error;
    }
    if (left <= 0) {
      throw new Error(`not within ${seconds} s: ${what}; last: ${messageWithCause(last)}`, { cause: last });
    }
    const waited = performance.now() - started;
    await sleep(Math.min(Math.max(SHORTEST_MS, waited / 10), LONGEST_MS, Math.max(0, seconds * 1000 - waited)));
  }
}

/** Calls the check until it does not throw; otherwise like `eventually`. */
export async function eventuallyHolds(what: string, seconds: number, check: () => unknown): Promise<void> {
  await eventually(what, seconds, async () => {
    await check();
    return true;
  });
}
