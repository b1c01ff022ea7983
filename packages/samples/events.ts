import * as z from "zod/mini";
import { figure } from "./schemas";

/** Stream of changes of the cluster's scale and load, with reasons. The broker keeps it, so it outlives its writers. */
export const EVENTS = "EVENTS";
export const EVENT_SUBJECTS = "events.>";

/** Key in the bucket SETTINGS: JSON of a `ProcessorsMode`. No value means automatic. */
export const PROCESSORS_KEY = "processors";

const replicas = z.int().check(z.minimum(0), z.maximum(10_000));

/** Replicas of each kind of agent. */
export const kindsSchema = z.object({ felix: replicas, celix: replicas });

/** Mode of scaling: the policy or, by hand, a person sets the number of processors. */
export const processorsModeSchema = z.discriminatedUnion("mode", [
  z.object({ mode: z.literal("auto") }),
  z.object({ mode: z.literal("manual"), ...kindsSchema.shape }),
]);
export type ProcessorsMode = Readonly<z.infer<typeof processorsModeSchema>>;

/** Figures of the queue: fill in percent, its change in percentage points per second, samples per second, samples. */
const metricSchema = z.object({ fill: figure, slope: figure, putRate: figure, takeRate: figure, depth: figure });

/**
 * - scaled, held: a decision about the processors, by the coordinator
 * - mode, producers, rate: a change by a person
 * - overload: the full queue refuses samples; recovered: that is over, or figures can be read again
 * - leader: another instance coordinates; moved: a pod's work goes on in another pod, on another node
 * - stuck: samples are not delivered again; repaired: they were, and have their results
 * - upgrade-began, upgrade-ended: of a node
 */
export const EVENT_KINDS = [
  "scaled",
  "held",
  "mode",
  "producers",
  "rate",
  "overload",
  "recovered",
  "leader",
  "moved",
  "stuck",
  "repaired",
  "upgrade-began",
  "upgrade-ended",
] as const;

export const eventSchema = z.object({
  /** Milliseconds since 1970. */
  time: z.number().check(z.minimum(0)),
  source: z.enum(["coordinator", "person", "cluster"]),
  kind: z.enum(EVENT_KINDS),
  metric: z.optional(metricSchema),
  /** The policy's rule that decided, as a short stable name. */
  rule: z.optional(z.string().check(z.maxLength(100))),
  /** A sentence for the reader of the event log. */
  reason: z.string().check(z.maxLength(2000)),
  from: z.optional(kindsSchema),
  to: z.optional(kindsSchema),
  /** Number of processors that the policy asked for before its limits. */
  recommended: z.optional(z.number()),
  /** `done`, or `failed: ` and why. */
  outcome: z.optional(z.string().check(z.maxLength(1000))),
  /** The node that is upgraded, and the Kubernetes version that it gets. */
  node: z.optional(z.string().check(z.maxLength(253))),
  version: z.optional(z.string().check(z.maxLength(100))),
  /** The person, or the coordinator's pod. */
  by: z.string().check(z.maxLength(253)),
});
export type ClusterEvent = Readonly<z.infer<typeof eventSchema>>;
export type EventKind = ClusterEvent["kind"];

export function eventSubject(event: Pick<ClusterEvent, "source" | "kind">): string {
  return `events.${event.source}.${event.kind}`;
}
