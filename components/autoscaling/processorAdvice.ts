/** Current advice of the autoscaling policy: reads the cluster through its API server, and decides. Changes nothing. */
import * as z from "zod/mini";
import {
  decide,
  emptyHistory,
  metricSchema,
  extendHistory,
  split,
  total,
  type Kinds,
  type Observation,
  type Policy,
} from "@inaetics/autoscaling";
import { parseJson } from "@inaetics/samples";
import { callApi } from "../kubernetes/client";
import {
  controllersOf,
  QUEUE_AGENT_SERVICE,
  QUEUE_PATH,
  SYSTEM_STATS_PATH,
  systemStatsSchema,
  VIEWER_SERVICE,
} from "@inaetics/model";

/** Advised number of processors, with the reason. */
export interface Advice extends Kinds {
  readonly processors: number;
  /** False when the current number stays. */
  readonly change: boolean;
  /** Sentence with figures. */
  readonly reason: string;
}

const controllerSchema = z.object({
  spec: z.object({ replicas: z.optional(z.int()) }),
  status: z.optional(z.object({ readyReplicas: z.optional(z.int()) })),
});
const modeSchema = z.pick(systemStatsSchema, { mode: true });

/**
 * Reads the cluster once and decides. May add processors but removes none: only the coordinator has observed long
 * enough for that. Never rejects: a failed read is reported in the reason, and then nothing changes.
 * @param policy as configured now
 */
export async function adviseProcessors(kubeconfig: string, namespace: string, policy: Policy): Promise<Advice> {
  const read = reader(kubeconfig, namespace);
  const controllers = controllersOf("processor");
  const [felix, celix, observation, manual] = await Promise.all([
    controllerOf(read, controllers.felix),
    controllerOf(read, controllers.celix),
    observeQueue(read),
    isManual(read),
  ]);
  if ("problem" in felix || "problem" in celix) {
    const problem = "problem" in felix ? felix.problem : "problem" in celix ? celix.problem : "";
    return { ...split(policy.min), processors: policy.min, change: false, reason: `not known: ${problem}` };
  }
  const current = {
    ready: { felix: felix.ready, celix: celix.ready },
    requested: { felix: felix.requested, celix: celix.requested },
  };
  const now = { ...current.requested, processors: total(current.requested) };
  if (manual) return { ...now, change: false, reason: `stays ${now.processors}: set by hand on the dashboard` };
  const { processors, kinds, action, reason } = decide(policy, extendHistory(emptyHistory, observation), current);
  return { ...kinds, processors, change: action !== "hold", reason };
}

type Read = (path: string) => Promise<{ readonly text: string } | { readonly problem: string }>;

function reader(kubeconfig: string, namespace: string): Read {
  return async (path) => {
    try {
      const { status, body } = await callApi(kubeconfig, "GET", `/api/v1/namespaces/${namespace}/${path}`);
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return status === 200 ? { text } : { problem: `${path}: ${status} ${text.slice(0, 200)}` };
    } catch (error) {
      return { problem: `${path}: ${error instanceof Error ? error.message : String(error)}` };
    }
  };
}

async function controllerOf(
  read: Read,
  name: string,
): Promise<{ readonly requested: number; readonly ready: number } | { readonly problem: string }> {
  const answer = await read(`replicationcontrollers/${name}`);
  if ("problem" in answer) return answer;
  const parsed = parseJson(controllerSchema, answer.text);
  if (!parsed.ok) return { problem: `${name}: ${parsed.problem}` };
  // The API leaves out numbers that are 0.
  return { requested: parsed.value.spec.replicas ?? 0, ready: parsed.value.status?.readyReplicas ?? 0 };
}

async function observeQueue(read: Read): Promise<Observation> {
  const answer = await read(`services/${QUEUE_AGENT_SERVICE}:http/proxy/${QUEUE_PATH}`);
  const at = Date.now();
  if ("problem" in answer) return { at, problem: answer.problem };
  const metric = parseJson(metricSchema, answer.text);
  // The clocks of this machine and of the boxes may differ, so only the boxes' clock gives the metric's age.
  return metric.ok ? { at: metric.value.at, metric: metric.value } : { at, problem: metric.problem };
}

/** True when a person sets the processors by hand; false when the dashboard does not answer. */
async function isManual(read: Read): Promise<boolean> {
  const answer = await read(`services/${VIEWER_SERVICE}:http/proxy/${SYSTEM_STATS_PATH}`);
  if ("problem" in answer) return false;
  const stats = parseJson(modeSchema, answer.text);
  return stats.ok && stats.value.mode?.mode === "manual";
}
