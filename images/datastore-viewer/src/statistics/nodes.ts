import * as z from "zod/mini";
import { parseJson } from "@inaetics/samples";
import { roleOf, UPGRADING_ANNOTATION, type NodeState, type PodState } from "@inaetics/model";

/** The state of a node in an upgrade, and the version that it runs. */
type Upkeep = Pick<NodeState, "upgrading" | "unschedulable" | "kubeletVersion">;

const metadata = z.object({ name: z.string(), uid: z.string() });
const condition = z.object({ type: z.string(), status: z.string() });

const nodesSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.extend(metadata, { annotations: z.optional(z.record(z.string(), z.string())) }),
      spec: z.optional(z.object({ unschedulable: z.optional(z.boolean()) })),
      status: z.optional(
        z.object({
          nodeInfo: z.optional(z.object({ kubeletVersion: z.optional(z.string()) })),
          addresses: z.optional(z.array(z.object({ type: z.string(), address: z.string() }))),
          conditions: z.optional(z.array(condition)),
          capacity: z.optional(z.record(z.string(), z.string())),
        }),
      ),
    }),
  ),
});

const podsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.extend(metadata, {
        labels: z.optional(z.record(z.string(), z.string())),
        deletionTimestamp: z.optional(z.string()),
        ownerReferences: z.optional(z.array(z.object({ name: z.string() }))),
      }),
      spec: z.object({ nodeName: z.optional(z.string()) }),
      status: z.optional(
        z.object({
          phase: z.optional(z.string()),
          startTime: z.optional(z.string()),
          conditions: z.optional(z.array(condition)),
          containerStatuses: z.optional(z.array(z.object({ restartCount: z.int() }))),
        }),
      ),
    }),
  ),
});

const usage = {
  cpu: z.optional(z.object({ usageNanoCores: z.optional(z.number()) })),
  memory: z.optional(z.object({ workingSetBytes: z.optional(z.number()), usageBytes: z.optional(z.number()) })),
};
const summarySchema = z.object({
  node: z.object(usage),
  pods: z.array(z.object({ podRef: z.object({ name: z.string(), namespace: z.string() }), ...usage })),
});

export type ListedNode = z.infer<typeof nodesSchema>["items"][number];
export type ListedPod = z.infer<typeof podsSchema>["items"][number];

/** Cores and bytes; null where the kubelet does not report them. `used` includes reclaimable memory. */
export interface Usage {
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly used: number | null;
}

/** Report of a kubelet about its node and, by name, about the pods of our namespace. */
export interface Summary {
  readonly node: Usage;
  readonly pods: ReadonlyMap<string, Usage>;
}

/** Parses the API server's answer; throws with the error in it. */
export function readNodes(answer: string): readonly ListedNode[] {
  return parsed(nodesSchema, answer, "list of nodes").items;
}

/** Parses the API server's answer; throws with the error in it. */
export function readPods(answer: string): readonly ListedPod[] {
  return parsed(podsSchema, answer, "list of pods").items;
}

/** Parses the kubelet's answer; throws with the error in it. */
export function readSummary(answer: string, namespace: string): Summary {
  const { node, pods } = parsed(summarySchema, answer, "summary of the kubelet");
  const ours = pods.filter(({ podRef }) => podRef.namespace === namespace);
  return { node: usageOf(node), pods: new Map(ours.map((pod) => [pod.podRef.name, usageOf(pod)])) };
}

function parsed<T extends z.ZodMiniType>(schema: T, answer: string, what: string): z.infer<T> {
  const result = parseJson(schema, answer);
  if (!result.ok) throw new Error(`the ${what} cannot be read: ${result.problem}`);
  return result.value;
}

/** Converts 0 to null, because a kubelet reports 0 for memory that it has not measured yet. */
function measured(bytes: number | undefined): number | null {
  return bytes === undefined || bytes === 0 ? null : bytes;
}

function usageOf({ cpu, memory }: Pick<z.infer<typeof summarySchema>["node"], "cpu" | "memory">): Usage {
  return {
    cpu: cpu?.usageNanoCores === undefined ? null : Math.round(cpu.usageNanoCores / 1e5) / 1e4,
    memory: measured(memory?.workingSetBytes),
    used: measured(memory?.usageBytes),
  };
}

const UNKNOWN: Usage = { cpu: null, memory: null, used: null };

/** Combines what is known of each node; `summaries` has the kubelets' reports, by node. */
export function assemble(
  nodes: readonly ListedNode[],
  pods: readonly ListedPod[],
  summaries: ReadonlyMap<string, Summary>,
): readonly NodeState[] {
  const states = nodes.map((node): NodeState => {
    const { name } = node.metadata;
    const { status } = node;
    const summary = summaries.get(name);
    const { cpu, memory } = summary?.node ?? UNKNOWN;
    const own = pods.filter((pod) => pod.spec.nodeName === name).map((pod) => podState(pod, summary));
    return {
      name,
      address: status?.addresses?.find(({ type }) => type === "InternalIP")?.address ?? name,
      ready: isReady(status?.conditions),
      ...upkeepOf(node),
      cpu,
      memory,
      memoryCapacity: bytesOf(status?.capacity?.["memory"]),
      pods: own.sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  });
  return states.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Reads the upgrade state of a node. The annotation's value is shortened, because anything may be written there. */
export function upkeepOf({ metadata, spec, status }: ListedNode): Upkeep {
  const version = metadata.annotations?.[UPGRADING_ANNOTATION]?.slice(0, 100) ?? "";
  // The API has an empty text where a kubelet has not reported yet.
  const kubelet = status?.nodeInfo?.kubeletVersion ?? "";
  return {
    upgrading: version === "" ? null : version,
    unschedulable: spec?.unschedulable ?? false,
    kubeletVersion: kubelet === "" ? null : kubelet,
  };
}

function podState(pod: ListedPod, summary: Summary | undefined): PodState {
  const { cpu, memory } = summary?.pods.get(pod.metadata.name) ?? UNKNOWN;
  const since = Date.parse(pod.status?.startTime ?? "");
  const leaving = pod.metadata.deletionTimestamp !== undefined;
  return {
    name: pod.metadata.name,
    ...roleOf(pod.metadata.labels?.["name"] ?? pod.metadata.name),
    ready: isReady(pod.status?.conditions) && !leaving,
    leaving,
    restarts: restartsOf(pod),
    cpu,
    memory,
    since: Number.isNaN(since) ? null : since,
  };
}

export function restartsOf(pod: ListedPod): number {
  return (pod.status?.containerStatuses ?? []).reduce((sum, each) => sum + each.restartCount, 0);
}

function isReady(conditions: readonly z.infer<typeof condition>[] | undefined): boolean {
  return conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

const units: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Bytes of a Kubernetes quantity such as `2Gi`; null when it is none. */
export function bytesOf(quantity: string | undefined): number | null {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(quantity ?? "") ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  return number === undefined || factor === undefined ? null : Number(number) * factor;
}
