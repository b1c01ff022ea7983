import type { ClusterEvent, StoredEvent } from "@inaetics/samples";
import type { SeenNode } from "../statistics";

/** An event to record. Its id follows from what was recorded before, so that instances that see the same agree on it. */
export interface Change {
  readonly id: string;
  readonly event: Omit<ClusterEvent, "by"> & { readonly node: string };
}

/** Compares the newest recorded event about each node's upgrade with the nodes as they are seen now. Pure. */
export function changes(
  recorded: ReadonlyMap<string, StoredEvent>,
  seen: readonly SeenNode[],
  time: number,
): readonly Change[] {
  const nodes = new Map(seen.map((node) => [node.name, node]));
  return [...new Set([...recorded.keys(), ...nodes.keys()])].flatMap((node) => {
    const last = recorded.get(node);
    const change = changeOf(node, last, nodes.get(node), time);
    if (change === undefined) return [];
    const id = `${change.kind} ${node} after ${last?.id ?? 0}`;
    return [{ id, event: { time, source: "cluster" as const, node, ...change } }];
  });
}

/** Another version begins only once the end of the one before is recorded. */
function changeOf(
  name: string,
  last: StoredEvent | undefined,
  node: SeenNode | undefined,
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

function outcomeOf(node: SeenNode | undefined, version: string): string | undefined {
  if (node === undefined) return "failed: the node does not exist any more";
  if (node.kubeletVersion === null) return undefined;
  return node.kubeletVersion === version ? "done" : `failed: its kubelet is ${node.kubeletVersion}`;
}

/** The clock that says now may be another one than the clock that said when it began. */
function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/**
 * Records that upgrades of nodes began or ended. What was recorded is learned from the log alone, so a restart neither
 * loses nor repeats an event.
 */
export class Upgrades {
  private readonly recorded = new Map<string, StoredEvent>();
  /** The newest event about each node that waits to be stored, or was, by its id. */
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

  /** Records what differs from the log; to be called by the leader only, once the log has been read. */
  see(nodes: readonly SeenNode[], now: number): void {
    for (const { id, event } of changes(this.recorded, nodes, now)) {
      if (this.given.get(event.node) === id) continue;
      this.given.set(event.node, id);
      this.record({ ...event, by: this.me }, id);
    }
  }
}
