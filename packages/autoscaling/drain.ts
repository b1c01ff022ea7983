import { arrivals, needed } from "./speed";
import { figure, type RuleInput, type Recommendation } from "./recommendation";

/**
 * Returns the number of processors that take the arrivals and empty the backlog within `targetSeconds`, at their
 * measured rate:
 *
 *   needed = ceil((arrivals + backlog / targetSeconds) / rate per processor)
 *
 * Source: the form of KEDA's and HPA's rule, ceil(current x metric / target). The metric is the rate that processors
 * have to reach. The number goes down only if fewer processors could take `margin` percent more. This is HPA's
 * tolerance, used on the way down only: on the way up the queue would grow. Samples up to the activation threshold are
 * work in hand, not backlog.
 */
export function recommendByDrain(input: RuleInput): Recommendation {
  const { policy, metric, requested, speed } = input;
  const rate = arrivals(input);
  if (rate === null) {
    return { processors: requested, rule: "drain.unknown", because: "the rate of arrivals is not known yet" };
  }
  const backlog = Math.max(0, metric.depth - (policy.activation / 100) * metric.capacity);
  const wanted = rate + backlog / policy.drain.targetSeconds;
  const least = needed(policy, wanted, speed);
  const most = needed(policy, wanted * (1 + policy.margin / 100), speed);
  const because =
    `${figure(rate)}/s arrive and ${figure(metric.depth)} wait: ${figure(wanted)}/s to take, ` +
    `at ${Math.round(100 * speed)} % of the configured rate that needs ${least}`;
  if (least > requested) return { processors: least, rule: "drain.more", because };
  if (most < requested && isGrowing(input)) {
    return { processors: requested, rule: "drain.growing", because: `${because}, but the queue grows` };
  }
  if (most < requested) return { processors: most, rule: "drain.fewer", because };
  return { processors: requested, rule: "drain.enough", because };
}

/** True when the queue grew since the last poll by more than the work in hand. Processors are slower than assumed. */
function isGrowing({ policy, metric, before }: RuleInput): boolean {
  const inHand = (policy.activation / 100) * metric.capacity;
  return before !== undefined && metric.depth > inHand && metric.depth - before.depth > inHand;
}
