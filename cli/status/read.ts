import {
  Context,
  firstThatAnswers,
  pageAddresses,
  readEvents,
  readLatency,
  readStats,
  getObjects,
  stackOutputs,
} from "@inaetics/stack";
import { messageOf } from "@inaetics/base";
import { backupProblems, type BackupRecord } from "../backup/names";
import { readRecord } from "../backup/record";
import { boxProblems, findDrift } from "../drift/find";
import { describePause } from "../faults/load";
import { activeFaults, describeFault } from "../faults/record";
import { readBoxes, stoppedSince, type BoxState } from "../boxes/states";
import { Percentiles, ShownEvent, SystemStats } from "@inaetics/model";

/** Rows of each table. `problems` explain why a row could not be read, and report parts in a bad state. */
export interface Status {
  readonly stack: string;
  /** Time since which `./cluster stop` keeps the boxes halted; null when it does not. */
  readonly stoppedSince: string | null;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly boxes: readonly BoxState[];
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
  /** The schedule of backups, and the outcome of the newest; empty when none was made. */
  readonly backup: BackupRecord;
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
  const stopped = stoppedSince(context, boxes) ?? null;
  const isUp = "kubeconfig" in outputs && stopped === null;
  const [kubernetes, dashboard, drift] = await Promise.all([
    isUp ? readKubernetes(context, attempt) : { nodes: [], workloads: [] },
    readDashboard(stopped === null ? await livingPage(outputs) : undefined, attempt),
    stopped === null ? readDrift(context, outputs, boxes) : [],
  ]);
  const shown = Object.fromEntries(shownOutputs.flatMap((name) => (name in outputs ? [[name, outputs[name]]] : [])));
  const faults = [...activeFaults(context).map((fault) => describeFault(fault)), ...describePause(context)];
  const found = {
    stack: context.stack,
    stoppedSince: stopped,
    outputs: shown,
    boxes,
    faults,
    ...kubernetes,
    ...dashboard,
  };
  const backup = "kubeconfig" in outputs ? readRecord(context) : {};
  const overdue = backupProblems(backup, Date.now());
  return { ...found, backup, problems: [...problems, ...drift, ...problemsOf(found), ...overdue] };
}

/** Returns the cluster's differences from the last update; of an unfinished stack those of its boxes. */
async function readDrift(
  context: Context,
  { kubeconfig, nodes }: Status["outputs"],
  boxes: readonly BoxState[],
): Promise<readonly string[]> {
  if (kubeconfig === undefined) return boxProblems(context, [], boxes);
  return findDrift(context, (nodes ?? {}) as Readonly<Record<string, string>>, boxes);
}

/** Returns the dashboard's address at the first controller that answers; undefined for an unfinished stack. */
async function livingPage({ dashboard, nodes }: Status["outputs"]): Promise<string | undefined> {
  return typeof dashboard === "string" ? firstThatAnswers(pageAddresses(dashboard, nodes)) : undefined;
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
export function problemsOf({
  nodes,
  system,
  stoppedSince,
}: Pick<Status, "nodes" | "system" | "stoppedSince">): readonly string[] {
  // Boxes that are halted on purpose are no problems of their own.
  if (stoppedSince !== null) return [];
  const parts = Object.entries(system?.problems ?? {}).map(([part, problem]) => `${part}: ${problem}`);
  return [
    ...nodes.filter(({ ready }) => !ready).map(({ name }) => `node ${name} is not ready`),
    ...parts,
    ...(system !== null && system.leader === null ? ["coordinator: no instance scales now"] : []),
  ];
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
