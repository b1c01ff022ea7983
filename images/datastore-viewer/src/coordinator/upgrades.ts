import type { ClusterEvent } from "@inaetics/samples";
import type { StoredEvent } from "@inaetics/model";
import type { ObservedNode } from "../statistics";

/**
 * Event to record. Its id derives from the recorded events, so instances that see the same state produce the same id.
 */
export interface Change {
  readonly id: string;
  readonly event: Omit<ClusterEvent, "by"> & { readonly node: string };
}

/** Compares the newest recorded event about each node's upgrade with the observed nodes. Pure. */
export function changes(
  recorded: ReadonlyMap<string, StoredEvent>,
  observed: readonly ObservedNode[],
  time: number,
): readonly Change[] {
  const nodes = new Map(observed.map((node) => [node.name, node]));
  return [...new Set([...recorded.keys(), ...nodes.keys()])].flatMap((node) => {
    const last = recorded.get(node);
    const change = changeOf(node, last, nodes.get(node), time);
    if (change === undefined) return [];
    const id = `${change.kind} ${node} after ${last?.id ?? 0}`;
    return [{ id, event: { time, source: "cluster" as const, node, ...change } }];
  });
}

/** Reports the begin of an upgrade only after the end of the previous one is recorded. */
function changeOf(
  name: string,
  last: StoredEvent | undefined,
  node: ObservedNode | undefined,
  now: number,
): Pick<ClusterEvent, "kind" | "version" | "reason" | "outcome"> | undefined {
  const upgrading = node?.upgrading ?? undefined;
  if (last?.kind !== "upgrade-began") {
    if (upgrading === undefined) return undefined;
    return { kind: "upgrade-began", version: upgrading, reason: `${name}: upgrade to ${upgrading} began` };
  }
  const { version = "", time } = last;
  if (upgrading === version) return undefined;
  const reason = `${name}: upgrade to ${version} ended after ${elapsed(now - time)}`;
  return { kind: "upgrade-ended", version, reason, outcome: outcomeOf(node, version) };
}

function outcomeOf(node: ObservedNode | undefined, version: string): string | undefined {
  if (node === undefined) return "failed: the node does not exist any more";
  if (node.kubeletVersion === null) return undefined;
  return node.kubeletVersion === version ? "done" : `failed: its kubelet is ${node.kubeletVersion}`;
}

/** Formats a duration. Begin and end may come from different clocks, so a negative value counts as 0. */
function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/**
 * Records that upgrades of nodes began or ended. It learns recorded events from the log alone, so a restart neither
 * loses nor repeats an event.
 */
export class Upgrades {
  private readonly recorded = new Map<string, StoredEvent>();
  /** Id of the newest event about each node that is stored or waits to be stored, by node. */
  private readonly given = new Map<string, string>();

  constructor(
    private readonly me: string,
    private readonly record: (event: ClusterEvent, id: string) => void,
  ) {}

  /** Learns from the events what was recorded before, by any instance. */
  learn(event: StoredEvent): void {
    const ours = event.kind === "upgrade-began" || event.kind === "upgrade-ended";
    if (ours && event.node !== undefined) this.recorded.set(event.node, event);
  }

  /** Records the differences from the log. Only the leader may call it, and only after the log has been read. */
  update(nodes: readonly ObservedNode[], now: number): void {
    for (const { id, event } of changes(this.recorded, nodes, now)) {
      if (this.given.get(event.node) === id) continue;
      this.given.set(event.node, id);
      this.record({ ...event, by: this.me }, id);
    }
  }
}
