import { Plant, plantDefaults } from "./plant";
import type { Moment, Trace } from "./simulate";

/** Figures of a contender. Null: it never happened, or it does not apply. */
export interface Figures {
  /** Seconds from the first change of the load to the first added processor. */
  readonly firstAction: number | null;
  /** Processors above what the highest load needs. */
  readonly overshoot: number;
  /** Seconds from the first load change to a stable state: queue under 10 %, processors fixed until the next change. */
  readonly stable: number | null;
  /** Seconds from the last change of the load until one processor is left and stays. */
  readonly back: number | null;
  /** Samples that the full queue refused. */
  readonly rejected: number;
  /** Processors times seconds, also while they start. */
  readonly processorSeconds: number;
  /** Number of turns from up to down or from down to up. */
  readonly turns: number;
  /** The same number, within the worst step of the load. */
  readonly turnsInStep: number;
}

export function measurePerformance({ load, moments, plant }: Trace): Figures {
  const [first, second] = load.changes;
  const last = load.changes.at(-1);
  const steps = [0, ...load.changes, load.seconds].map((from, index, all) =>
    between(moments, from, all[index + 1] ?? from),
  );
  const peak = Math.max(...moments.map(({ time }) => load.rate(time)));
  const ideal = Math.min(8, Plant.needed(peak, load.plant?.speed ?? plantDefaults.speed));
  return {
    firstAction: first === undefined ? null : firstRise(between(moments, first, second ?? load.seconds), first),
    overshoot: Math.max(0, ...moments.map(({ processors }) => processors - ideal)),
    stable: first === undefined ? null : stableFrom(between(moments, first, second ?? load.seconds), first),
    back: last === undefined ? null : backFrom(between(moments, last, load.seconds), last),
    rejected: plant.rejected,
    processorSeconds: Math.round(plant.processorSeconds),
    turns: turns(moments),
    turnsInStep: Math.max(...steps.map(turns)),
  };
}

/** Returns the worst of each figure over several runs. */
export function worst(all: readonly Figures[]): Figures {
  const highest = (of: (figures: Figures) => number): number => Math.max(...all.map(of));
  const latest = (of: (figures: Figures) => number | null): number | null => {
    const times = all.map(of);
    return times.some((time) => time === null) ? null : Math.max(...times.map((time) => time ?? 0));
  };
  return {
    firstAction: latest((each) => each.firstAction),
    overshoot: highest((each) => each.overshoot),
    stable: latest((each) => each.stable),
    back: latest((each) => each.back),
    rejected: highest((each) => each.rejected),
    processorSeconds: highest((each) => each.processorSeconds),
    turns: highest((each) => each.turns),
    turnsInStep: highest((each) => each.turnsInStep),
  };
}

function between(moments: readonly Moment[], from: number, to: number): readonly Moment[] {
  return moments.filter(({ time }) => time >= from && time < to);
}

function firstRise(moments: readonly Moment[], from: number): number | null {
  const before = moments[0]?.processors ?? 0;
  const risen = moments.find(({ processors }) => processors > before);
  return risen === undefined ? null : risen.time - from;
}

function stableFrom(moments: readonly Moment[], from: number): number | null {
  const last = moments.at(-1);
  if (last === undefined || last.fill >= 10) return null;
  const unstable = moments.filter(({ fill, processors }) => fill >= 10 || processors !== last.processors);
  return (unstable.at(-1)?.time ?? from) + 1 - from;
}

function backFrom(moments: readonly Moment[], from: number): number | null {
  if (moments.at(-1)?.processors !== 1) return null;
  return (moments.filter(({ processors }) => processors !== 1).at(-1)?.time ?? from) + 1 - from;
}

/** Counts the changes of the direction of scaling. */
export function turns(moments: readonly Moment[]): number {
  const moves = moments.map(({ processors }, i) => Math.sign(processors - (moments[i - 1]?.processors ?? processors)));
  const directions = moves.filter((move) => move !== 0);
  return directions.filter((direction, i) => i > 0 && direction !== directions[i - 1]).length;
}
