import type { Metric } from "./metric";
import { decisionsSince, lastChange, lastRise, newestLook, type Past } from "./past";
import type { Policy } from "./policy";
import { drainWish } from "./drain";
import { slopeWish } from "./slope";
import { measureSpeed } from "./speed";
import { split, total, type Kinds } from "./split";
import { figure, fill, type Wish } from "./wish";

/** Processors as they are. */
export interface Current {
  /** Those that work. */
  readonly ready: Kinds;
  /** Those that were asked for; what is not ready of them is under way. */
  readonly requested: Kinds;
}

/** How many processors there should be, and why. */
export interface Decision {
  readonly processors: number;
  readonly kinds: Kinds;
  readonly action: "up" | "down" | "hold";
  /** Short and stable: what kind of reason it is. Figures change with each look, this does not. */
  readonly rule: string;
  /** A sentence with figures. */
  readonly reason: string;
  /** What the policy's rule asks for within min..max, before stabilisation and limits of steps. */
  readonly recommended: number;
  /** Processors that were ready. */
  readonly ready: number;
  /** How fast they proved to be, 1 = as configured; absent: never seen at work. */
  readonly speed?: number;
}

/** A decision's place among what is known. */
interface Situation {
  readonly policy: Policy;
  readonly past: Past;
  readonly current: Current;
  readonly at: number;
  readonly requested: number;
  readonly speed?: number | undefined;
}

/**
 * How many processors there should be. Always within min..max, and never changed on figures that are missing, stale or make no
 * sense. With a single look and no past it still adds processors, but removes none: it cannot know
 * whether the quiet lasts.
 * @param past what is remembered, the newest look included (see `remember`)
 * @throws RangeError when `current` holds anything but whole numbers from 0: a caller that cannot read it must not decide
 */
export function decide(policy: Policy, past: Past, current: Current): Decision {
  check(current);
  const requested = total(current.requested);
  const look = newestLook(policy, past);
  const blind: Situation = { policy, past, current, at: look.at, requested, speed: past.speed };
  const limited = clamp(policy, requested);
  // HPA's order: the limits hold whatever the metrics say, and while paused, for they are what people set.
  if (limited !== requested) {
    return change(blind, limited, limited, "limits", `${requested} is outside ${policy.min}..${policy.max}`);
  }
  if (policy.paused) return keep(blind, "paused", "scaling is paused");
  if ("problem" in look) return withoutFigures(blind, look.problem, look.times);
  const speed = measureSpeed(policy, past, look, current);
  const situation: Situation = { ...blind, speed };
  const counted = countedOn(situation);
  const sight = { policy, ...look, requested, counted, ready: current.ready, speed: speed ?? 1 };
  const wish = policy.policy === "slope" ? slopeWish(sight) : drainWish(sight);
  return settle(situation, look.metric, wish);
}

function check({ ready, requested }: Current): void {
  const counts = { "ready.felix": ready.felix, "ready.celix": ready.celix };
  const all = { ...counts, "requested.felix": requested.felix, "requested.celix": requested.celix };
  for (const [name, count] of Object.entries(all)) {
    if (Number.isInteger(count) && count >= 0) continue;
    throw new RangeError(`current.${name}: got ${String(count)}; allowed: whole numbers from 0`);
  }
}

/** An error is no zero: nothing changes until the queue can be read again. Source: KEDA without fallback replicas. */
function withoutFigures(situation: Situation, problem: string, times: number): Decision {
  if (times < situation.policy.fallbackAfter)
    return keep(situation, "unreadable", `cannot go by the queue: ${problem}`);
  return keep(situation, "fallback", `for ${times} looks in a row nothing to go by, so nothing changes: ${problem}`);
}

/**
 * The processors that further ones are added to. What is asked for and not ready is under way, not missing (the original
 * counted it as running and asked again); after `startSeconds` it is not under way but stuck.
 */
function countedOn({ policy, past, current, at, requested }: Situation): number {
  const ready = Math.min(total(current.ready), requested);
  const since = lastRise(past);
  return since !== undefined && at - since > policy.startSeconds * 1000 ? requested : ready;
}

/** From what the policy's rule wants to what may be done now. */
function settle(situation: Situation, metric: Metric, wish: Wish): Decision {
  const { policy, requested, current } = situation;
  const recommended = clamp(policy, wish.processors);
  if (wish.processors > requested) {
    if (fill(metric) < policy.activation) {
      const because = `the queue is ${figure(fill(metric))} % full, under ${policy.activation} %`;
      return keep(situation, "inactive", because);
    }
    if (requested >= policy.max)
      return keep(situation, "at-maximum", `overload: ${wish.because}; ${policy.max} is the most`);
    return raise(situation, recommended, wish);
  }
  if (wish.processors < requested) {
    if (requested <= policy.min) return keep(situation, "at-minimum", `${wish.because}; ${policy.min} is the least`);
    return reduce(situation, recommended, wish);
  }
  const missing = requested - total(current.ready);
  return missing > 0
    ? keep(situation, "under-way", `${wish.because}; ${missing} of ${requested} not ready yet`)
    : keep(situation, wish.rule, wish.because);
}

function raise(situation: Situation, recommended: number, wish: Wish): Decision {
  const { policy, requested } = situation;
  const wait = coolingDown(situation);
  if (wait !== undefined) return hold(situation, recommended, "cooling-down", `${wish.because}; ${wait}`);
  const processors = Math.min(recommended, requested + policy.maxStepUp);
  return change(situation, processors, recommended, wish.rule, wish.because);
}

/** Down only to what was enough for the whole window, and by steps. Source: HPA's stabilisation. */
function reduce(situation: Situation, recommended: number, wish: Wish): Decision {
  const { policy, past, requested, at } = situation;
  const window = decisionsSince(policy, past, at)?.map((each) => each.recommended);
  // Before the window is full nobody knows; HPA, too, begins with what there is.
  const highest = Math.min(requested, Math.max(recommended, ...(window ?? [requested])));
  if (highest >= requested) {
    const because = `${wish.because}; fewer once that has lasted ${policy.stabilisationSeconds} s`;
    return hold(situation, recommended, "stabilising", because);
  }
  const wait = coolingDown(situation);
  if (wait !== undefined) return hold(situation, recommended, "cooling-down", `${wish.because}; ${wait}`);
  return change(situation, Math.max(highest, requested - policy.maxStepDown), recommended, wish.rule, wish.because);
}

/** Why it is too early for another change. A late or early timer of half an interval does not count. */
function coolingDown({ policy, past, at }: Situation): string | undefined {
  const changed = lastChange(past);
  if (changed === undefined) return undefined;
  const left = policy.cooldownSeconds - (at - changed) / 1000;
  return left > policy.intervalSeconds / 2 ? `the last change is less than ${policy.cooldownSeconds} s old` : undefined;
}

function clamp({ min, max }: Policy, processors: number): number {
  return Math.min(max, Math.max(min, processors));
}

function change(
  situation: Situation,
  processors: number,
  recommended: number,
  rule: string,
  because: string,
): Decision {
  const action = processors > situation.requested ? "up" : "down";
  const reason = `${situation.requested} => ${processors}: ${because}`;
  return { processors, kinds: split(processors), action, rule, reason, recommended, ...known(situation) };
}

/** Keeps what is, and recommends it. */
function keep(situation: Situation, rule: string, because: string): Decision {
  return hold(situation, situation.requested, rule, because);
}

/**
 * Keeps the number. Its kinds are kept too while nothing is known or wanted; otherwise they are those of `split`, which differ
 * only after somebody set them by hand.
 */
function hold(situation: Situation, recommended: number, rule: string, because: string): Decision {
  const { requested, current } = situation;
  const untouched = rule === "paused" || rule === "unreadable" || rule === "fallback";
  const kinds = untouched ? current.requested : split(requested);
  const reason = `stays ${requested}: ${because}`;
  return { processors: requested, kinds, action: "hold", rule, reason, recommended, ...known(situation) };
}

function known({ current, speed }: Situation): Pick<Decision, "ready" | "speed"> {
  return { ready: total(current.ready), ...(speed === undefined ? {} : { speed }) };
}
