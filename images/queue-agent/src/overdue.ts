/** Decides which samples are stuck, by readings of the queue. Pure. */

/** One reading of the stream and its consumer. */
export interface DeliveryState {
  /** Time of the reading in ms. */
  readonly at: number;
  /** Creation times of stream and consumer: others start again. */
  readonly made: string;
  /** Number of the oldest sample in the queue. */
  readonly first: number;
  /** Number of samples in the queue. */
  readonly depth: number;
  /** Number of samples accepted so far, which is the number of the newest. */
  readonly accepted: number;
  /** Every sample up to this number was delivered at least once. */
  readonly delivered: number;
  /** Requests of processors that wait for a sample now. */
  readonly asking: number;
}

/** Knowledge from all readings so far. */
export interface Watch {
  readonly last: DeliveryState;
  /**
   * Time in ms during which samples were processed or asked for. Outages, and times without processors, do not count:
   * a sample that waits then is not stuck.
   */
  readonly servedMs: number;
  /** `delivered` at earlier values of `servedMs`, oldest first. */
  readonly marks: readonly { readonly servedMs: number; readonly delivered: number }[];
}

/** Readings further apart than this leave a gap, of which nothing is known. */
const GAP_MS = 15_000;

/**
 * Adds a reading.
 * @param limitMs time served after which a delivered sample must be gone
 */
export function observe(before: Watch | undefined, now: DeliveryState, limitMs: number): Watch {
  const known = before !== undefined && before.last.made === now.made ? before : undefined;
  const servedMs = (before?.servedMs ?? 0) + (known === undefined ? 0 : servedBetween(known.last, now));
  const marks = [...(known?.marks ?? []), { servedMs, delivered: now.delivered }];
  // Keeps the newest mark that is old enough, and all after it.
  const newest = marks.findLastIndex((mark) => mark.servedMs <= servedMs - limitMs);
  return { last: now, servedMs, marks: marks.slice(Math.max(0, newest)) };
}

/** Returns the number up to which samples that are still in the queue are stuck; 0 when none are. */
export function stuckUpTo({ last, servedMs, marks }: Watch, limitMs: number): number {
  const [oldest] = marks;
  if (oldest === undefined || oldest.servedMs > servedMs - limitMs || last.depth === 0) return 0;
  return last.first <= oldest.delivered ? oldest.delivered : 0;
}

function servedBetween(before: DeliveryState, now: DeliveryState): number {
  const gapMs = now.at - before.at;
  if (gapMs <= 0 || gapMs > GAP_MS) return 0;
  const removed = now.accepted - now.depth - (before.accepted - before.depth);
  return removed > 0 || (now.asking > 0 && before.asking > 0) ? gapMs : 0;
}
