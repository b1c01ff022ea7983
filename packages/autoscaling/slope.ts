import { arrivals, capacityOf } from "./speed";
import { split } from "./split";
import { figure, fill, type RuleInput, type Recommendation } from "./recommendation";

/** A step of the original rule. */
interface Step {
  readonly by: number;
  readonly rule: string;
  readonly because: string;
}

/**
 * The original rule, by the fill of the queue and its change over 10 s:
 *
 *   slope > slope2            +2    steep
 *   slope > slope1            +1    rising
 *   level, fill > barrierHigh +1    high
 *   level, fill < barrierLow  -1    low
 *   slope <= -slope1          -1    falling, only below barrierHigh
 *   slope <= -slope2          -2    plunging, only below barrierHigh
 *
 * Source: AutoScalerImpl of the INAETICS demonstrator, with two differences. Steps up start from the ready processors,
 * not from the requested ones (or the rule overshoots while they start). No step down leaves fewer processors than the
 * arrivals need. The original went below at every quiet moment and came back. The right number of processors also makes
 * an empty queue.
 */
export function recommendBySlope(input: RuleInput): Recommendation {
  const { requested, scaleUpBase } = input;
  const slope = slopeOf(input);
  if (slope === null) return stay(requested, "slope.unknown", "the queue's slope is not known yet");
  const { by, rule, because } = step(input, slope);
  if (by > 0) return { processors: Math.max(requested, scaleUpBase + by), rule, because };
  if (by === 0) return stay(requested, rule, because);
  return lower(input, by, rule, because);
}

function stay(processors: number, rule: string, because: string): Recommendation {
  return { processors, rule, because };
}

/** Returns the agent's own slope, or else the change since the previous poll. */
function slopeOf({ metric, before }: RuleInput): number | null {
  if (metric.slope !== null || before === undefined) return metric.slope;
  return ((fill(metric) - fill(before)) * 1000) / (metric.at - before.at);
}

function step({ policy, metric }: RuleInput, slope: number): Step {
  const { slope1, slope2, barrierLow, barrierHigh } = policy.slope;
  const filled = fill(metric);
  const about = `queue ${figure(filled)} % full, ${slope < 0 ? "falling" : "rising"} ${figure(Math.abs(slope))} %-points/s`;
  const take = (by: number, rule: string, limit: string): Step => ({ by, rule, because: `${about} (${limit})` });
  if (slope > slope2) return take(2, "slope.steep", `over ${slope2}`);
  if (slope > slope1) return take(1, "slope.rising", `over ${slope1}`);
  if (slope <= -slope1) {
    if (filled >= barrierHigh) return take(0, "slope.emptying", `still over ${barrierHigh} %`);
    return slope <= -slope2
      ? take(-2, "slope.plunging", `over ${slope2}`)
      : take(-1, "slope.falling", `over ${slope1}`);
  }
  if (filled > barrierHigh) return take(1, "slope.high", `over ${barrierHigh} %`);
  if (filled < barrierLow) return take(-1, "slope.low", `under ${barrierLow} %`);
  return take(0, "slope.level", `between ${barrierLow} and ${barrierHigh} %`);
}

/** Returns the lowest number within the step down that still carries the arrivals with the policy's margin. */
function lower(input: RuleInput, by: number, rule: string, because: string): Recommendation {
  const { policy, requested, speed } = input;
  const rate = arrivals(input);
  if (rate === null) return stay(requested, "slope.unknown", "the rate of arrivals is not known yet");
  const wanted = rate * (1 + policy.margin / 100);
  const lowest = Math.max(0, requested + by);
  for (let processors = lowest; processors < requested; processors++) {
    if (capacityOf(policy, split(processors), speed) >= wanted) return { processors, rule, because };
  }
  const fewer = capacityOf(policy, split(requested - 1), speed);
  return stay(requested, "slope.needed", `${figure(rate)}/s arrive, one less would take ${figure(fewer)}/s at most`);
}
