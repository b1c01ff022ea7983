/** Decides how stuck samples come to be processed. Pure. */

/** A sample that is stuck. */
export interface Stuck {
  readonly seq: number;
  /** Undefined when the message is no sample. */
  readonly id: string | undefined;
  /** Time at which the broker stored it, ms since 1970. */
  readonly putAt: number;
  /** Number of attempts to repair it. */
  readonly attempts: number;
  /** Value of `servedMs` from which the next attempt is due. */
  readonly dueAtServedMs: number;
}

/**
 * - remove: the data store has its result already; only the acknowledgement was lost
 * - release: ask the broker to deliver it again, in the name of the processor that has it
 * - renew: make the consumer again, which delivers every sample in the queue again
 */
export type Remedy = "remove" | "release" | "renew";

/** A release shows its effect within this time of service, because such samples are delivered before all others. */
export const RETRY_MS = 15_000;
/** Time of service between attempts after all means have been tried: the sample itself is the trouble. */
const REST_MS = 300_000;

/** Returns the means for a sample whose next attempt is due. The consumer is made again for each sample only once. */
export function remedyFor({ attempts }: Pick<Stuck, "attempts">, hasResult: boolean): Remedy {
  if (hasResult) return "remove";
  return attempts === 1 ? "renew" : "release";
}

/** Returns the sample as it stands after an attempt. */
export function afterAttempt(stuck: Stuck, servedMs: number): Stuck {
  const attempts = stuck.attempts + 1;
  return { ...stuck, attempts, dueAtServedMs: servedMs + (attempts >= 2 ? REST_MS : RETRY_MS) };
}

/** Names the first samples of a list: `a, b, c and 4 others`. */
export function naming(stuck: readonly Pick<Stuck, "seq" | "id">[], shown = 5): string {
  const names = stuck.slice(0, shown).map(({ seq, id }) => id ?? `message ${seq}`);
  const more = stuck.length - names.length;
  return more === 0 ? names.join(", ") : `${names.join(", ")} and ${more} others`;
}
