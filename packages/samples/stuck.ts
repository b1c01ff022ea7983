import * as z from "zod/mini";

/** Key in the bucket COUNTERS: JSON of a `StuckReport`. The queue agent writes it, the viewer shows it. */
export const STUCK_KEY = "stuck";

/** Age in ms from which a report of the queue agent no longer counts. It repeats one of stuck samples each 10 s. */
export const STUCK_FRESH_MS = 60_000;

const count = z.int().check(z.minimum(0));

/** Samples that were delivered long ago, and neither acknowledged nor delivered again, though processors ask. */
export const stuckReportSchema = z.object({
  /** Time of the report, ms since 1970. */
  at: z.number().check(z.minimum(0)),
  /** Number of samples that are stuck now. */
  count,
  /** Samples that were stuck and have a result since then, of this report's writer. */
  repaired: count,
  /** The sample that was put first. */
  oldest: z.nullable(
    z.object({
      id: z.string().check(z.maxLength(200)),
      /** Its number in the stream. */
      seq: count,
      /** Seconds since it was put. */
      seconds: z.number().check(z.minimum(0)),
    }),
  ),
});
export type StuckReport = Readonly<z.infer<typeof stuckReportSchema>>;

/** A sentence about the stuck samples; undefined when none are. */
export function stuckProblem({ count, oldest }: StuckReport): string | undefined {
  if (count === 0 || oldest === null) return undefined;
  const samples = count === 1 ? "1 sample is stuck" : `${count} samples are stuck`;
  return (
    `${samples}: not delivered again though processors ask, the oldest is ${oldest.id} ` +
    `(number ${oldest.seq}, put ${Math.round(oldest.seconds)} s ago); the queue agent delivers them again`
  );
}
