/** Compares accepted samples with stored results while samples come. Pure; proven by planted faults in tests/unit. */

/** Stream SAMPLES at a moment. */
export interface QueueState {
  /** Number of samples accepted so far, which is the number of the newest. */
  readonly accepted: number;
  /** Number of samples that are in the queue. */
  readonly depth: number;
  /** Number of the oldest sample in the queue; `accepted + 1` when it is empty. */
  readonly first: number;
}

/** Reading of both streams: the queue first, then the data store, then the queue again. */
export interface LedgerReading {
  readonly before: QueueState;
  /** Number of results stored since the data store was made. */
  readonly results: number;
  readonly after: QueueState;
}

/**
 * Returns what a reading shows of lost and doubled samples; nothing when it balances. A sample leaves the queue only
 * after its result is stored, and has one result. So every reading balances, also under load.
 */
export function imbalance({ before, results, after }: LedgerReading): readonly string[] {
  const removed = before.accepted - before.depth;
  return [
    ...(results < removed ? [`${removed - results} of ${removed} processed samples have no result`] : []),
    ...(results > after.accepted ? [`${results - after.accepted} results more than ${after.accepted} samples`] : []),
  ];
}

/** Returns how many samples up to a number are in the queue at least; 0 when all of them were processed. */
export function remaining(queue: QueueState, upTo: number): number {
  if (queue.first > upTo || queue.depth === 0) return 0;
  return Math.max(1, queue.depth - (queue.accepted - upTo));
}
