/** Answer of `GET /coordinator/systemStats`, shared by the server and all readers. */
import { figure, processorsModeSchema, queueFiguresSchema } from "@inaetics/samples";
import * as z from "zod/mini";
import type { ReadonlyOf } from "./readonly";

/** Path of the answer below the dashboard's address. */
export const SYSTEM_STATS_PATH = "coordinator/systemStats";

/** The last decision on the number of processors. */
export const lastDecisionSchema = z.object({
  /** Milliseconds since 1970. */
  at: z.number(),
  rule: z.string(),
  reason: z.string(),
  processors: z.number(),
});

/** Parts of the policy that readers show; the answer has all of its parameters. */
export const shownPolicySchema = z.object({
  policy: z.string(),
  min: z.number(),
  max: z.number(),
  paused: z.boolean(),
});

/** Readers check these fields and skip others. Optional fields are missing in the answers of earlier versions. */
export const systemStatsSchema = z.object({
  /** Samples accepted per second. */
  productionRate: figure,
  /** Results stored per second. */
  processingRate: figure,
  /** `running / requested`, or `unknown`. */
  producers: z.string(),
  processors: z.string(),
  /** Totals since the cluster was made. */
  results: figure,
  accepted: figure,
  rejected: figure,
  /** Rate of the producers in percent of their maximum. */
  ratePercent: figure,
  queue: z.nullable(
    z.pick(queueFiguresSchema, {
      capacity: true,
      depth: true,
      utilisation: true,
      slope: true,
      putRate: true,
      takeRate: true,
      oldestMs: true,
    }),
  ),
  /** Samples that are not delivered again though processors ask; null before the queue agent's first report. */
  stuck: z.optional(figure),
  /** Reason why a part is not known, by the part's name. */
  problems: z.record(z.string(), z.string()),
  mode: z.nullable(processorsModeSchema),
  policy: z.nullable(shownPolicySchema),
  lastDecision: z.optional(z.nullable(lastDecisionSchema)),
  /** Pod of the coordinator that decides; null while none does. */
  leader: z.nullable(z.string()),
  maxProducers: z.int(),
});
export type SystemStats = ReadonlyOf<typeof systemStatsSchema>;

/** Fields that the coordinator adds to those of the snapshot. */
export type CoordinatorStats = Pick<SystemStats, "mode" | "policy" | "lastDecision" | "leader" | "maxProducers">;

/** Running and requested pods of a role. */
export interface Replicas {
  readonly ready: number;
  readonly requested: number;
}

/** Reads `running / requested`; null for `unknown`. */
export function parseReplicas(text: string): Replicas | null {
  const [, ready, requested] = /^(\d+) \/ (\d+)$/.exec(text) ?? [];
  return ready === undefined ? null : { ready: Number(ready), requested: Number(requested) };
}

/** Writes `running / requested`, or `unknown` for null. */
export function formatReplicas(replicas: Replicas | null): string {
  return replicas === null ? "unknown" : `${replicas.ready} / ${replicas.requested}`;
}
