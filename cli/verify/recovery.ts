/** Recovery from faults: the state of the cluster, and when it is as it was. Pure. */
import type { Recovery } from "../faults/catalogue";

/** State of a pod. */
export interface PodState {
  readonly name: string;
  /** Differs from that of an earlier pod with the same name: brokers keep their names. */
  readonly uid: string;
  /** Value of its label `name`. */
  readonly label: string;
  readonly node: string;
  readonly ready: boolean;
  readonly ending: boolean;
  readonly restarts: number;
}

/** State of the cluster at a moment, by the API server. */
export interface Snapshot {
  /** Nodes that are Ready. */
  readonly nodes: readonly string[];
  readonly pods: readonly PodState[];
  /** Requested pods by label. */
  readonly wanted: Readonly<Record<string, number>>;
}

/** Restarts of the pods that a fault takes away, by uid; a pod that restarted since counts as another. */
export type Lost = ReadonlyMap<string, number>;

/** Returns the pods that are lost with a pod, or with a box. */
export function lostPods(before: Snapshot, hit: { readonly pod?: string; readonly node?: string }): Lost {
  const lost = before.pods.filter(({ name, node }) => name === hit.pod || node === hit.node);
  return new Map(lost.map(({ uid, restarts }) => [uid, restarts]));
}

/** Label of the brokers. A broker stays on its node, so it comes back with its node only. */
const brokers = "inaetics-queue-broker-pod";

/** Returns the parts that are not yet as requested, without what was lost. Brokers are left out unless `all` is set. */
export function unmet(
  { nodes, pods, wanted }: Snapshot,
  lost: Lost,
  all: readonly string[] | undefined,
): readonly string[] {
  const living = pods.filter(({ uid, ready, ending, restarts }) => ready && !ending && !(lost.get(uid) === restarts));
  const short = Object.entries(wanted)
    .filter(([label]) => all !== undefined || label !== brokers)
    .map(([label, count]) => [label, living.filter((pod) => pod.label === label).length, count] as const)
    .filter(([, ready, count]) => ready < count)
    .map(([label, ready, count]) => `${ready} of ${count} ${label.replace(/-pod$/, "")}`);
  return [...short, ...(all ?? []).filter((node) => !nodes.includes(node)).map((node) => `${node} is not Ready`)];
}

/** The longest time without an answer to a put from `from` to `to`, in ms. */
export function longestSilence(answers: readonly number[], from: number, to: number): number {
  const within = answers.filter((at) => at > from && at < to);
  const times = [from, ...within, to];
  return times.reduce((most, at, index) => (index === 0 ? most : Math.max(most, at - (times[index - 1] ?? at))), 0);
}

/** Recovery from one fault. */
export interface Recovered {
  readonly fault: string;
  readonly part: Recovery;
  /** Times in ms since 1970: injection, end of the fault, and all parts as before. */
  readonly from: number;
  readonly endedAt: number;
  readonly wholeAt: number | null;
  /** Seconds that the part needed; null when it did not come back in time. */
  readonly seconds: number | null;
  readonly limit: number;
  /** Parts that were missing at last. */
  readonly missing: readonly string[];
}

/** True when the part came back within its limit, and all else after it. */
export function isInTime({ seconds, limit, wholeAt }: Recovered): boolean {
  return seconds !== null && seconds <= limit && wholeAt !== null;
}
