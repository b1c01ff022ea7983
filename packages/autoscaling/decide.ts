import type { Metric } from "./metric";
import { decisionsSince, lastChange, lastRise, newestLook, type Past } from "./past";
import type { Policy } from "./policy";
import { drainWish } from "./drain";
import { slopeWish } from "./slope";
import { measureSpeed } from "./speed";
import { split, total, type Kinds } from "./split";
import { figure, fill, type Wish } from "./wish";

/** Numbers of processors now. */
export interface Current {
  /** Processors that work. */
  readonly ready: Kinds;
  /** Processors that were requested. Those of them that are not ready are under way. */
  readonly requested: Kinds;
}

/** Number of processors that should run, and the reason. */
export interface Decision {
  readonly processors: number;
  readonly kinds: Kinds;
  readonly action: "up" | "down" | "hold";
  /** Kind of the reason, short and stable. Unlike the figures, it does not change with each poll. */
  readonly rule: string;
  /** A sentence with figures. */
  readonly reason: string;
  /** Number that the policy's rule asks for within min..max, before stabilisation and limits of steps. */
  readonly recommended: number;
  /** Processors that were ready. */
  readonly ready: number;
  /** Measured speed of the processors, 1 = as configured. Undefined when they were never seen at work. */
  readonly speed?: number;
}

/** Facts that a decision is based on. */
interface Situation {
  readonly policy: Policy;
  readonly past: Past;
  readonly current: Current;
  readonly at: number;
  readonly requested: number;
  readonly speed?: number | undefined;
}

/**
 * Decides how many processors should run. The number is always within min..max. It never changes on figures that are
 * missing, stale or make no sense. With a single poll and no past, it adds processors but removes none: it cannot know
 * whether the quiet lasts.
 * @param past the remembered history, the newest poll included (see `remember`)
 * @throws RangeError when `current` has anything but whole numbers from 0: a caller that cannot read it must not decide
 */
export function decide(policy: Policy, past: Past, current: Current): Decision {
  check(current);
  const requested = total(current.requested);
  const look = newestLook(policy, past);
  const blind: Situation = { policy, past, current, at: look.at, requested, speed: past.speed };
  const limited = clamp(policy, requested);
  // HPA's order: people set the limits, so they hold whatever the metrics say, and while scaling is paused.
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

/** Keeps the number until the queue can be read again: an error is not a 0. Source: KEDA without fallback replicas. */
function withoutFigures(situation: Situation, problem: string, times: number): Decision {
  if (times < situation.policy.fallbackAfter)
    return keep(situation, "unreadable", `cannot go by the queue: ${problem}`);
  return keep(situation, "fallback", `for ${times} looks in a row nothing to go by, so nothing changes: ${problem}`);
}

/**
 * Returns the number of processors to which a step up adds. A requested processor that is not ready is under way, not
 * missing. (The original counted it as running and asked again.) After `startSeconds` it is stuck, not under way.
 */
function countedOn({ policy, past, current, at, requested }: Situation): number {
  const ready = Math.min(total(current.ready), requested);
  const since = lastRise(past);
  return since !== undefined && at - since > policy.startSeconds * 1000 ? requested : ready;
}

/** Turns what the policy's rule wants into what may be done now. */
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

/** Goes down in steps, and only to a number that was enough for the whole window. Source: HPA's stabilisation. */
function reduce(situation: Situation, recommended: number, wish: Wish): Decision {
  const { policy, past, requested, at } = situation;
  const window = decisionsSince(policy, past, at)?.map((each) => each.recommended);
  // Until the window is full, the requested number counts; HPA also begins with the existing number.
  const highest = Math.min(requested, Math.max(recommended, ...(window ?? [requested])));
  if (highest >= requested) {
    const because = `${wish.because}; fewer once that has lasted ${policy.stabilisationSeconds} s`;
    return hold(situation, recommended, "stabilising", because);
  }
  const wait = coolingDown(situation);
  if (wait !== undefined) return hold(situation, recommended, "cooling-down", `${wish.because}; ${wait}`);
  return change(situation, Math.max(highest, requested - policy.maxStepDown), recommended, wish.rule, wish.because);
}

/** Returns why it is too early for another change. Ignores that a timer is up to half an interval early or late. */
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

/** Keeps the requested number, and recommends it. */
function keep(situation: Situation, rule: string, because: string): Decision {
  return hold(situation, situation.requested, rule, because);
}

/**
 * Keeps the number. Keeps its kinds too while scaling is paused or the figures are unusable. Otherwise the kinds are
 * those of `split`, which differ only after a person set them by hand.
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
