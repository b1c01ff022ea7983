import { Context, readEvents, readLatency, readStats, getObjects, stackOutputs } from "@inaetics/stack";
import { messageOf } from "@inaetics/base";
import { tryRun } from "@inaetics/workstation";
import { activeFaults, describeFault } from "../faults/record";
import { clusterFilter, Percentiles, ShownEvent, SystemStats } from "@inaetics/model";

/** Rows of each table. `problems` explain why a row could not be read, and report parts in a bad state. */
export interface Status {
  readonly stack: string;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly boxes: readonly { readonly name: string; readonly state: string; readonly status: string }[];
  readonly nodes: readonly { readonly name: string; readonly ready: boolean; readonly version: string }[];
  readonly workloads: readonly {
    readonly kind: string;
    readonly name: string;
    readonly ready: number;
    readonly requested: number;
  }[];
  /** The dashboard's report of queue, processors and producers; null when it does not answer. */
  readonly system: SystemStats | null;
  /** Null when the dashboard does not know it. */
  readonly latency: Percentiles | null;
  /** The newest events, oldest first. */
  readonly events: readonly ShownEvent[];
  /** Injected faults that are active, with their remaining time. */
  readonly faults: readonly string[];
  readonly problems: readonly string[];
}

/** Outputs that are shown; the others are secret or for programs. */
const shownOutputs = ["dashboard", "provisioning", "registry"] as const;
const shownEvents = 5;

/** Reads everything that can be read. Never throws: each failure is reported as a problem. */
export async function readStatus(context: Context): Promise<Status> {
  const problems: string[] = [];
  const attempt: Attempt = async (what, fallback, work) => {
    try {
      return await work();
    } catch (error) {
      problems.push(`${what}: ${messageOf(error)}`);
      return fallback;
    }
  };
  const [outputs, boxes] = await Promise.all([
    attempt("outputs", {}, () => stackOutputs(context)),
    attempt("boxes", [], () => readBoxes(context)),
  ]);
  const isUp = "kubeconfig" in outputs;
  const [kubernetes, dashboard] = await Promise.all([
    isUp ? readKubernetes(context, attempt) : { nodes: [], workloads: [] },
    readDashboard(outputs["dashboard"], attempt),
  ]);
  const shown = Object.fromEntries(shownOutputs.flatMap((name) => (name in outputs ? [[name, outputs[name]]] : [])));
  const faults = activeFaults(context).map((fault) => describeFault(fault));
  const found = { stack: context.stack, outputs: shown, boxes, faults, ...kubernetes, ...dashboard };
  return { ...found, problems: [...problems, ...problemsOf(found)] };
}

/** Does `work`. If it throws, adds a problem of `what` and returns `fallback`. */
export type Attempt = <T>(what: string, fallback: T, work: () => Promise<T>) => Promise<T>;

async function readKubernetes(context: Context, attempt: Attempt): Promise<Pick<Status, "nodes" | "workloads">> {
  const nodes = await attempt("nodes", [], () => readNodes(context));
  const workloads = nodes.length > 0 ? await attempt("workloads", [], () => readWorkloads(context)) : [];
  return { nodes, workloads };
}

/** Reads the dashboard at an address; an unfinished stack has no address yet. */
export async function readDashboard(
  address: unknown,
  attempt: Attempt,
): Promise<Pick<Status, "system" | "latency" | "events">> {
  if (typeof address !== "string") return { system: null, latency: null, events: [] };
  const [system, events, latency] = await Promise.all([
    attempt("dashboard", null, () => readStats(address)),
    // A dashboard that does not answer is reported as one problem, not three.
    readEvents(address, { limit: shownEvents }).catch((error: unknown) => messageOf(error)),
    readLatency(address).catch(() => null),
  ]);
  if (typeof events !== "string") return { system, latency, events: events.events };
  if (system === null) return { system, latency, events: [] };
  return { system, latency, events: await attempt("events", [], () => Promise.reject(new Error(events))) };
}

/** Returns the problems in the parts that could be read. Pure. */
export function problemsOf({ boxes, nodes, system }: Pick<Status, "boxes" | "nodes" | "system">): readonly string[] {
  const parts = Object.entries(system?.problems ?? {}).map(([part, problem]) => `${part}: ${problem}`);
  return [
    ...boxes.filter(({ state }) => state !== "running").map(({ name, state }) => `box ${name} is ${state}`),
    ...nodes.filter(({ ready }) => !ready).map(({ name }) => `node ${name} is not ready`),
    ...parts,
    ...(system !== null && system.leader === null ? ["coordinator: no instance scales now"] : []),
  ];
}

async function readBoxes(context: Context): Promise<Status["boxes"]> {
  const filter = clusterFilter(context.cluster);
  const format = "{{.Names}}\t{{.State}}\t{{.Status}}";
  const answer = await tryRun("docker", ["ps", "--all", "--filter", filter, "--format", format], { timeout: 20_000 });
  if (answer.exitCode !== 0) throw new Error(answer.problem ?? answer.stderr.trim());
  return answer.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", state = "", text = ""] = line.split("\t");
      return { name, state, status: text };
    })
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly readyReplicas?: number;
    readonly nodeInfo?: { readonly kubeletVersion: string };
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

async function readNodes(context: Context): Promise<Status["nodes"]> {
  const items = await getObjects<KubernetesObject>(context, ["nodes"]);
  return items.map((item) => ({
    name: item.metadata.name,
    ready: item.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false,
    version: item.status?.nodeInfo?.kubeletVersion ?? "",
  }));
}

async function readWorkloads(context: Context): Promise<Status["workloads"]> {
  const items = await getObjects<KubernetesObject>(context, [
    "replicationcontrollers,statefulsets",
    "--namespace=inaetics",
  ]);
  return items.map((item) => ({
    kind: item.kind,
    name: item.metadata.name,
    ready: item.status?.readyReplicas ?? 0,
    requested: item.spec?.replicas ?? 0,
  }));
}
