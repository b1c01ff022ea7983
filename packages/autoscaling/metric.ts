import { queueFiguresSchema } from "@inaetics/samples";
import * as z from "zod/mini";

/** Figures of the queue that decisions use, one sample of the metric. `GET /queue` of the queue agent returns more. */
export const metricSchema = z
  .pick(queueFiguresSchema, {
    at: true,
    capacity: true,
    depth: true,
    utilisation: true,
    slope: true,
    putRate: true,
    takeRate: true,
    rejected: true,
    oldestMs: true,
  })
  .check(
    z.refine(({ utilisation, depth, capacity }) => Math.abs(utilisation - (100 * depth) / capacity) <= 1, {
      error: "utilisation is not depth / capacity",
    }),
  );
export type Metric = Readonly<z.infer<typeof metricSchema>>;

/** One poll of the queue, at a time of the poller's own clock (ms): figures, or why none exist. */
export type Observation =
  { readonly at: number; readonly metric: Metric } | { readonly at: number; readonly problem: string };

/**
 * Returns the figures of an observation, or why they must not be used. Types promise nothing about data that came over
 * the network, so the figures are checked here for every caller.
 * @param staleSeconds figures older than this are refused, and so are figures from further in the future
 */
export function checkObservation(
  observation: Observation,
  staleSeconds: number,
): { metric: Metric } | { problem: string } {
  if ("problem" in observation) return { problem: observation.problem };
  const result = z.safeParse(metricSchema, observation.metric);
  if (!result.success) {
    const what = result.error.issues.map((issue) => [issue.path.map(String).join("."), issue.message].join(" ").trim());
    return { problem: `the figures make no sense: ${what.join("; ")}` };
  }
  const age = (observation.at - result.data.at) / 1000;
  if (age > staleSeconds) return { problem: `the figures are ${Math.round(age)} s old, over ${staleSeconds} s` };
  if (age < -staleSeconds) return { problem: `the figures are from ${Math.round(-age)} s ahead: clocks differ` };
  return { metric: result.data };
}
