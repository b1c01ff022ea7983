import * as z from "zod/mini";
import { figure } from "./schemas";
import { perSecond, slide, type Timed } from "./window";

/** One reading of the stream SAMPLES. */
export interface QueueReading extends Timed {
  /** Number of samples that fit. */
  readonly capacity: number;
  /** Number of samples that wait or are being processed. */
  readonly depth: number;
  /** Number of samples that were accepted since the stream was made. */
  readonly accepted: number;
  /** Age of the oldest waiting sample in ms; 0 when none waits. */
  readonly oldestMs: number;
  /** Number of samples delivered and not yet acknowledged. */
  readonly inFlight: number;
  /** Number of those that were delivered more than once. */
  readonly redelivered: number;
}

const amount = z.number().check(z.minimum(0));

/** State of the queue that the autoscaler and the pages use. Null: not known yet, because the window is too short. */
export const queueFiguresSchema = z.object({
  /** Time of the measurement, ms since 1970. */
  at: amount,
  /** Samples that fit. */
  capacity: z.number().check(z.positive()),
  /** Samples that wait or are being processed. */
  depth: amount,
  /** Fill in percent; above 100 only after the capacity was lowered below what was already accepted. */
  utilisation: amount,
  /** Change of the fill over the last 10 s, in percentage points per second. */
  slope: figure,
  /** Samples accepted per second over the last 5 s. */
  putRate: z.nullable(amount),
  /** Samples removed (processed and stored) per second over the last 5 s. */
  takeRate: z.nullable(amount),
  /** Samples refused since the cluster was made; null when not known. */
  rejected: z.nullable(amount),
  /** Age of the oldest waiting sample in ms. */
  oldestMs: amount,
  /** Samples accepted since the stream was made. */
  accepted: amount,
  /** Samples delivered and not yet acknowledged. */
  inFlight: amount,
  /** Number of those that were delivered more than once. */
  redelivered: amount,
});
export type QueueFigures = Readonly<z.infer<typeof queueFiguresSchema>>;

export const SLOPE_WINDOW_MS = 10_000;
export const RATE_WINDOW_MS = 5_000;

/** Adds a reading. Starts a new window when the stream is new or has another capacity: old readings do not compare. */
export function addReading(window: readonly QueueReading[], reading: QueueReading): readonly QueueReading[] {
  const last = window.at(-1);
  if (last !== undefined && (reading.accepted < last.accepted || reading.capacity !== last.capacity)) return [reading];
  return slide(window, reading, SLOPE_WINDOW_MS);
}

/** Returns the figures of the newest reading. Undefined when none exists. */
export function queueFigures(window: readonly QueueReading[], rejected: number | null): QueueFigures | undefined {
  const last = window.at(-1);
  if (last === undefined) return undefined;
  const recent = window.filter((each) => each.at >= last.at - RATE_WINDOW_MS - 500);
  return {
    ...last,
    utilisation: round(fill(last)),
    slope: rounded(perSecond(window, fill)),
    putRate: rounded(perSecond(recent, (each) => each.accepted)),
    // Accepted samples that are no longer in the queue were taken: a work queue loses messages in no other way.
    takeRate: rounded(perSecond(recent, (each) => each.accepted - each.depth)),
    rejected,
  };
}

function fill(reading: QueueReading): number {
  return (100 * reading.depth) / reading.capacity;
}

function rounded(value: number | null): number | null {
  return value === null ? null : round(value);
}

/** Rounds to two decimals, which are more than the measurement is worth and keep the JSON short. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
