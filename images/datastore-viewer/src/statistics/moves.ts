/** What is looked at of a pod to tell whether its work went elsewhere. */
export interface Placed {
  readonly uid: string;
  readonly pod: string;
  /** The controller that wants it. */
  readonly owner: string;
  readonly node: string;
  /** It runs or is about to; false when it is ending, ended or lost. */
  readonly live: boolean;
}

/** A pod's work goes on in another pod on another node. */
export interface Move {
  readonly owner: string;
  readonly from: { readonly pod: string; readonly node: string };
  readonly to: { readonly pod: string; readonly node: string };
}

/** A pod that was lost and whose replacement has not been seen yet. */
interface Lost extends Placed {
  readonly at: number;
}

/** What the last look leaves to be remembered. */
export interface Placement {
  readonly live: readonly Placed[];
  readonly lost: readonly Lost[];
}

/** A replacement that comes later than this has another cause. */
const REPLACED_WITHIN_MS = 120_000;

/**
 * Compares two looks at the pods. `wanted` says how many replicas a controller asks for now, undefined when nobody knows:
 * a pod that went because fewer are wanted is not lost, unless another one of its controller came in the same look.
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
