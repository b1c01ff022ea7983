/** A reading at a moment, in milliseconds. */
export interface Timed {
  readonly at: number;
}

/** A reading of a counter that only grows. */
export interface Counted extends Timed {
  readonly total: number;
}

/** Shortest span for a rate. Shorter spans show the timer's jitter more than the rate. */
export const SHORTEST_SPAN_MS = 1500;

/**
 * Returns the readings of the last `spanMs` before `reading`, and `reading`. A clock that went back starts a new
 * window. Keeps readings up to half a second too old. Otherwise a late timer would shorten the span by a whole
 * interval.
 */
export function slide<T extends Timed>(window: readonly T[], reading: T, spanMs: number): readonly T[] {
  const last = window.at(-1);
  if (last !== undefined && reading.at <= last.at) return [reading];
  return [...window.filter((each) => each.at >= reading.at - spanMs - 500), reading];
}

/** Same as `slide`, for a counter: one that was set back (its stream was made again) starts a new window. */
export function slideCounter(window: readonly Counted[], reading: Counted, spanMs: number): readonly Counted[] {
  const last = window.at(-1);
  return last !== undefined && reading.total < last.total ? [reading] : slide(window, reading, spanMs);
}

/** Change per second of `value` from the first to the last reading; null while the window is too short. */
export function perSecond<T extends Timed>(window: readonly T[], value: (reading: T) => number): number | null {
  const first = window[0];
  const last = window.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < SHORTEST_SPAN_MS) return null;
  return ((value(last) - value(first)) * 1000) / (last.at - first.at);
}
