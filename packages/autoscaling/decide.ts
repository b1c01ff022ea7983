import type { Metric } from "./metric";
import { decisionsSince, lastChange, lastScaleUp, latestMetric, type History } from "./history";
import type { Policy } from "./policy";
import { recommendByDrain } from "./drain";
import { recommendBySlope } from "./slope";
import { measureSpeed } from "./speed";
import { split, total, type Kinds } from "./split";
import { figure, fill, type Recommendation } from "./recommendation";

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
  /** Measured speed of the processors, 1 = as configured. Undefined until it was measured. */
  readonly speed?: number;
}

/** Input of a decision, and what is derived from it. */
interface Context {
  readonly policy: Policy;
  readonly history: History;
  readonly current: Current;
  readonly at: number;
  readonly requested: number;
  readonly speed?: number | undefined;
}

/**
 * Decides how many processors should run. The number is always within min..max. It never changes on figures that are
 * missing, stale or make no sense. With a single poll and no history, it adds processors but removes none: it cannot
 * know whether the quiet lasts.
 * @param history the history window, the newest poll included (see `extendHistory`)
 * @throws RangeError when `current` has anything but whole numbers from 0: a caller that cannot read it must not decide
 */
export function decide(policy: Policy, history: History, current: Current): Decision {
  check(current);
  const requested = total(current.requested);
  const latest = latestMetric(policy, history);
  const unmeasured: Context = { policy, history, current, at: latest.at, requested, speed: history.speed };
  const limited = clamp(policy, requested);
  // HPA's order: people set the limits, so they hold whatever the metrics say, and while scaling is paused.
  if (limited !== requested) {
    return change(unmeasured, limited, limited, "limits", `${requested} is outside ${policy.min}..${policy.max}`);
  }
  if (policy.paused) return keep(unmeasured, "paused", "scaling is paused");
  if ("problem" in latest) return withoutFigures(unmeasured, latest.problem, latest.times);
  const speed = measureSpeed(policy, history, latest, current);
  const context: Context = { ...unmeasured, speed };
  const scaleUpBase = scaleUpBaseOf(context);
  const input = { policy, ...latest, requested, scaleUpBase, ready: current.ready, speed: speed ?? 1 };
  const recommendation = policy.policy === "slope" ? recommendBySlope(input) : recommendByDrain(input);
  return constrain(context, latest.metric, recommendation);
}

function check({ ready, requested }: Current): void {
  const counts = { "ready.felix": ready.felix, "ready.celix": ready.celix };
  const all = { ...counts, "requested.felix": requested.felix, "requested.celix": requested.celix };
  for (const [name, count] of Object.entries(all)) {
    if (Number.isInteger(count) && count >= 0) continue;
    throw new RangeError(`current.${name}: got ${String(count)}; allowed: whole numbers from 0`);
  }
}

/** Keeps the number until the queue can be read again, because an error is not a 0. Source: KEDA without fallback replicas. */
function withoutFigures(context: Context, problem: string, times: number): Decision {
  if (times < context.policy.fallbackAfter)
    return keep(context, "unreadable", `the queue's figures cannot be used: ${problem}`);
  return keep(context, "fallback", `no usable figures in ${times} polls in a row, so nothing changes: ${problem}`);
}

/**
 * Returns the number of processors to which a step up adds. A requested processor that is not ready is under way, not
 * missing. (The original counted it as running and asked again.) After `startSeconds` it is stuck, not under way.
 */
function scaleUpBaseOf({ policy, history, current, at, requested }: Context): number {
  const ready = Math.min(total(current.ready), requested);
  const since = lastScaleUp(history);
  return since !== undefined && at - since > policy.startSeconds * 1000 ? requested : ready;
}

/** Applies activation, limits, stabilisation and steps to a recommendation. */
function constrain(context: Context, metric: Metric, recommendation: Recommendation): Decision {
  const { policy, requested, current } = context;
  const recommended = clamp(policy, recommendation.processors);
  if (recommendation.processors > requested) {
    if (fill(metric) < policy.activation) {
      const because = `the queue is ${figure(fill(metric))} % full, under ${policy.activation} %`;
      return keep(context, "inactive", because);
    }
    if (requested >= policy.max)
      return keep(context, "at-maximum", `overload: ${recommendation.because}; ${policy.max} is the most`);
    return scaleUp(context, recommended, recommendation);
  }
  if (recommendation.processors < requested) {
    if (requested <= policy.min)
      return keep(context, "at-minimum", `${recommendation.because}; ${policy.min} is the least`);
    return scaleDown(context, recommended, recommendation);
  }
  const missing = requested - total(current.ready);
  return missing > 0
    ? keep(context, "under-way", `${recommendation.because}; ${missing} of ${requested} not ready yet`)
    : keep(context, recommendation.rule, recommendation.because);
}

function scaleUp(context: Context, recommended: number, recommendation: Recommendation): Decision {
  const { policy, requested } = context;
  const wait = coolingDown(context);
  if (wait !== undefined) return hold(context, recommended, "cooling-down", `${recommendation.because}; ${wait}`);
  const processors = Math.min(recommended, requested + policy.maxStepUp);
  return change(context, processors, recommended, recommendation.rule, recommendation.because);
}

/** Goes down in steps, and only to a number that was enough for the whole window. Source: HPA's stabilisation. */
function scaleDown(context: Context, recommended: number, recommendation: Recommendation): Decision {
  const { policy, history, requested, at } = context;
  const window = decisionsSince(policy, history, at)?.map((each) => each.recommended);
  // Until the window is full, the requested number counts; HPA also begins with the existing number.
  const highest = Math.min(requested, Math.max(recommended, ...(window ?? [requested])));
  if (highest >= requested) {
    const because = `${recommendation.because}; fewer once that has lasted ${policy.stabilisationSeconds} s`;
    return hold(context, recommended, "stabilising", because);
  }
  const wait = coolingDown(context);
  if (wait !== undefined) return hold(context, recommended, "cooling-down", `${recommendation.because}; ${wait}`);
  return change(
    context,
    Math.max(highest, requested - policy.maxStepDown),
    recommended,
    recommendation.rule,
    recommendation.because,
  );
}

/** Returns why it is too early for another change. Ignores that a timer is up to half an interval early or late. */
function coolingDown({ policy, history, at }: Context): string | undefined {
  const changed = lastChange(history);
  if (changed === undefined) return undefined;
  const left = policy.cooldownSeconds - (at - changed) / 1000;
  return left > policy.intervalSeconds / 2 ? `the last change is less than ${policy.cooldownSeconds} s old` : undefined;
}

function clamp({ min, max }: Policy, processors: number): number {
  return Math.min(max, Math.max(min, processors));
}

function change(context: Context, processors: number, recommended: number, rule: string, because: string): Decision {
  const action = processors > context.requested ? "up" : "down";
  const reason = `${context.requested} => ${processors}: ${because}`;
  return { processors, kinds: split(processors), action, rule, reason, recommended, ...known(context) };
}

/** Keeps the requested number, and recommends it. */
function keep(context: Context, rule: string, because: string): Decision {
  return hold(context, context.requested, rule, because);
}

/**
 * Keeps the number. Keeps its kinds too while scaling is paused or the figures are unusable. Otherwise the kinds are
 * those of `split`, which differ only after a person set them by hand.
 */
function hold(context: Context, recommended: number, rule: string, because: string): Decision {
  const { requested, current } = context;
  const untouched = rule === "paused" || rule === "unreadable" || rule === "fallback";
  const kinds = untouched ? current.requested : split(requested);
  const reason = `stays ${requested}: ${because}`;
  return { processors: requested, kinds, action: "hold", rule, reason, recommended, ...known(context) };
}

function known({ current, speed }: Context): Pick<Decision, "ready" | "speed"> {
  return { ready: total(current.ready), ...(speed === undefined ? {} : { speed }) };
}
