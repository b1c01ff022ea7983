/** Event `snapshot` of `GET /coordinator/stream`, which pages get each second. Null: not known now. */
import { figure, kindsSchema, processorsModeSchema, statisticSchema } from "@inaetics/samples";
import * as z from "zod/mini";
import { queueSchema } from "./queue";
import type { ReadonlyOf } from "./readonly";
import { lastDecisionSchema, shownPolicySchema } from "./systemStats";

/** Path of the stream of server-sent events below the dashboard's address: `snapshot`, and `log` for each event. */
export const STREAM_PATH = "coordinator/stream";

/** Running and requested replicas of a role. */
const roleReplicasSchema = z.object({ running: z.number(), requested: z.number() });
export type RoleReplicas = ReadonlyOf<typeof roleReplicasSchema>;

/** Figures of the data store: results stored since its creation, kept now, and its capacity. */
const storeFiguresSchema = z.object({
  results: z.number(),
  kept: z.number(),
  capacity: z.number(),
  /** Fill in percent. */
  utilisation: z.number(),
  /** Results stored per second. */
  rate: figure,
});
export type StoreFigures = ReadonlyOf<typeof storeFiguresSchema>;

/** The newest report of an agent. */
const agentStatisticSchema = z.extend(statisticSchema, { pod: z.string() });
export type AgentStatistic = ReadonlyOf<typeof agentStatisticSchema>;

/** The data path: producers, queue, processors, data store. */
const dataPathSchema = z.object({
  /** Milliseconds since 1970. */
  at: z.number(),
  /** Samples accepted per second. */
  productionRate: figure,
  /** Results stored per second. */
  processingRate: figure,
  ratePercent: figure,
  producers: z.nullable(roleReplicasSchema),
  processors: z.nullable(roleReplicasSchema),
  processorsByKind: z.nullable(z.record(z.string(), roleReplicasSchema)),
  accepted: figure,
  rejected: figure,
  results: figure,
  queue: z.nullable(queueSchema),
  store: z.nullable(storeFiguresSchema),
  /** Samples that the queue agent reports as stuck. */
  stuck: z.optional(figure),
  agents: z.array(agentStatisticSchema),
  /** Reason why a part is not known, by the part's name. */
  problems: z.record(z.string(), z.string()),
});
export type DataPathSnapshot = ReadonlyOf<typeof dataPathSchema>;

/** Milliseconds from a sample's time to its result's storing; null while no result was seen. */
const percentilesSchema = z.object({ p50: figure, p95: figure, p99: figure });
export type Percentiles = ReadonlyOf<typeof percentilesSchema>;

/** Measurements of the statistics. */
const statisticsPartSchema = z.object({
  /** Latency of the last 10 s. */
  latency: percentilesSchema,
  /** Number of sample redeliveries since the first consumer seen was created. */
  redelivered: figure,
  /** Number of container restarts over all pods that exist now. */
  restarts: figure,
  /** Kubernetes versions that nodes are being upgraded to, by node. */
  upgrades: z.nullable(z.record(z.string(), z.string())),
  /** Samples per second that each agent accepted or processed over the last 5 s, by pod. */
  agentRates: z.record(z.string(), figure),
  /** Measured output of the producers relative to their maximum, in percent. */
  utilisation: figure,
});
export type StatisticsSnapshot = ReadonlyOf<typeof statisticsPartSchema>;

/** The newest decision on the number of processors, as pages show it. */
const decisionSchema = z.extend(lastDecisionSchema, {
  kinds: kindsSchema,
  action: z.enum(["up", "down", "hold"]),
  /** Number that the policy recommends. */
  recommended: figure,
  /** Pod of the coordinator that decided. */
  by: z.string(),
});
export type ShownDecision = ReadonlyOf<typeof decisionSchema>;

/** State of the coordinator. */
const coordinatorPartSchema = z.object({
  mode: z.nullable(processorsModeSchema),
  policy: z.nullable(z.extend(shownPolicySchema, { intervalSeconds: z.number() })),
  decision: z.nullable(decisionSchema),
  /** The instance that scales. */
  leader: z.nullable(z.string()),
  maxProducers: z.int(),
});
export type CoordinatorSnapshot = ReadonlyOf<typeof coordinatorPartSchema>;

export const snapshotSchema = z.object({
  ...dataPathSchema.shape,
  ...statisticsPartSchema.shape,
  ...coordinatorPartSchema.shape,
  provisioningPort: z.int(),
});
export type Snapshot = ReadonlyOf<typeof snapshotSchema>;
