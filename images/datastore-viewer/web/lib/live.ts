import { Snapshot } from "@inaetics/model";
import { count, duration, percent, rate } from "./format";

export type { NodeState, PodState, RoleReplicas as Replicas, StoredEvent } from "@inaetics/model";

export type Live = Snapshot;

export type Tone = "good" | "wait" | "bad" | "plain";

/**
 * Describes the state of the data path in a sentence; `rejected` is the number of samples refused in the last seconds.
 */
export function verdict(now: Live, rejected: number): { readonly tone: Tone; readonly words: string } {
  const { queue, processors, productionRate } = now;
  if (queue === null || processors === null) {
    return { tone: "wait", words: "Parts of the data path do not answer. Their state is not known." };
  }
  const fill = `the queue is ${percent(queue.utilisation)} full`;
  if (rejected > 0) {
    return {
      tone: "bad",
      words: `Overload: ${fill}, and ${count(rejected)} samples were refused in the last seconds.`,
    };
  }
  if (processors.running === 0) return { tone: "bad", words: `No processor is running; ${fill}.` };
  const missing = processors.requested - processors.running;
  if (missing > 0) {
    const starting = `${missing} more ${missing === 1 ? "is" : "are"} starting`;
    return { tone: "wait", words: `${running(processors.running)}, ${starting}; ${fill}.` };
  }
  if ((queue.slope ?? 0) > 0.3) return { tone: "wait", words: `The backlog grows: ${fill}.` };
  if (queue.utilisation > 10) {
    return { tone: "wait", words: `The processors reduce a backlog of ${count(queue.depth)} samples.` };
  }
  if (productionRate === 0) return { tone: "good", words: "Idle: no samples are produced." };
  const latency = now.latency.p50 === null ? "" : `; results are stored after ${duration(now.latency.p50)}`;
  return {
    tone: "good",
    words: `${running(processors.running, true)} up with ${rate(productionRate)} samples/s${latency}.`,
  };
}

function running(processors: number, keeps = false): string {
  const one = processors === 1;
  if (keeps) return `${processors} ${one ? "processor keeps" : "processors keep"}`;
  return `${processors} ${one ? "processor is" : "processors are"} running`;
}

/** Growth of a total over the last snapshots. It starts again when the total falls, because all counters were reset. */
export class Growth {
  private totals: number[] = [];

  constructor(private readonly snapshots: number) {}

  add(total: number | null): number {
    if (total === null) return 0;
    if (total < (this.totals.at(-1) ?? 0)) this.totals = [];
    this.totals = [...this.totals, total].slice(-this.snapshots);
    return total - (this.totals[0] ?? total);
  }
}
