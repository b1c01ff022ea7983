/** Part of a pod that shows whether its work moved elsewhere. */
export interface Placed {
  readonly uid: string;
  readonly pod: string;
  /** Controller that owns it. */
  readonly owner: string;
  readonly node: string;
  /** True when it runs or is about to; false when it is ending, ended or lost. */
  readonly live: boolean;
}

/** Move of a pod's work to another pod on another node. */
export interface Move {
  readonly owner: string;
  readonly from: { readonly pod: string; readonly node: string };
  readonly to: { readonly pod: string; readonly node: string };
}

/** A pod that was lost and whose replacement has not been seen yet. */
interface Lost extends Placed {
  readonly at: number;
}

/** State that a poll leaves for the next one. */
export interface Placement {
  readonly live: readonly Placed[];
  readonly lost: readonly Lost[];
}

/** Time in ms within which a replacement must appear; a later pod has another cause. */
const REPLACED_WITHIN_MS = 120_000;

/**
 * Compares two polls of the pods. `wanted` gives the replicas that a controller requests now, undefined when not known.
 * A pod that a scale-down removed is not lost, unless its controller got another pod in the same poll.
 */
export function movesBetween(
  before: Placement | undefined,
  now: readonly Placed[],
  wanted: (owner: string) => number | undefined,
  at: number,
): { readonly moves: readonly Move[]; readonly placement: Placement } {
  const live = now.filter((each) => each.live && each.node !== "");
  if (before === undefined) return { moves: [], placement: { live, lost: [] } };
  const gone = without(before.live, live).map((each) => ({ ...each, at }));
  const open = [...before.lost.filter((each) => at - each.at <= REPLACED_WITHIN_MS), ...gone];
  const moves: Move[] = [];
  for (const come of without(live, before.live)) {
    const index = open.findIndex((each) => each.owner === come.owner);
    const [lost] = index === -1 ? [] : open.splice(index, 1);
    if (lost === undefined || lost.node === come.node) continue;
    moves.push({ owner: come.owner, from: place(lost), to: place(come) });
  }
  const missing = (owner: string): boolean => live.filter((each) => each.owner === owner).length < (wanted(owner) ?? 0);
  return { moves, placement: { live, lost: open.filter((each) => missing(each.owner)) } };
}

function without(all: readonly Placed[], others: readonly Placed[]): readonly Placed[] {
  const uids = new Set(others.map((each) => each.uid));
  return all.filter((each) => !uids.has(each.uid));
}

function place({ pod, node }: Placed): Move["from"] {
  return { pod, node };
}
