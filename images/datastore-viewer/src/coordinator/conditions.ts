import { checkObservation, type Observation, type Policy } from "@inaetics/autoscaling";
import type { StoredEvent } from "@inaetics/model";
import type { ClusterEvent } from "@inaetics/samples";
import type { PolicyReading } from "./settings";

/** Number of polls without a refusal after which a queue has recovered. Fewer may be a pause between two bursts. */
const QUIET_POLLS = 3;

/** Records conditions as events, besides decisions: an overloaded queue, a changed policy, an unusable policy. */
export class Conditions {
  private overloaded = false;
  private policy: Policy | undefined;
  private problem: string | undefined;

  constructor(
    private readonly me: string,
    private readonly record: (event: ClusterEvent) => void,
  ) {}

  /** Learns from the events what was recorded before. */
  learn(event: StoredEvent): void {
    if (event.kind === "overload") this.overloaded = true;
    // The `recovered` event about readable figures has a rule.
    if (event.kind === "recovered" && event.rule === undefined) this.overloaded = false;
  }

  /** Evaluates the newest observations of the queue, oldest first, and the policy. Records only if `leading`. */
  evaluate(observations: readonly Observation[], reading: PolicyReading, leading: boolean): void {
    const at = observations.at(-1)?.at ?? Date.now();
    const record = (event: Pick<ClusterEvent, "kind" | "reason" | "rule">): void => {
      const about = { time: at, source: "coordinator" as const, by: this.me, ...metricOf(observations.at(-1)) };
      if (leading) this.record({ ...about, ...event, reason: event.reason.slice(0, 2000) });
    };
    this.evaluatePolicy(reading, record);
    if (!this.overloaded) {
      const refused = refusedOf(observations, 1) ?? 0;
      if (refused === 0) return;
      this.overloaded = true;
      record({ kind: "overload", reason: overload(refused, metricOf(observations.at(-1)).metric?.fill) });
    } else if (refusedOf(observations, QUIET_POLLS) === 0) {
      this.overloaded = false;
      record({ kind: "recovered", reason: "no sample is refused any more" });
    }
  }

  private evaluatePolicy(
    { policy, problem }: PolicyReading,
    record: (event: Pick<ClusterEvent, "kind" | "reason" | "rule">) => void,
  ): void {
    if (problem !== undefined && problem !== this.problem && policy !== undefined) {
      const reason = `${problem}; the last good one (${policy.policy}) goes on`;
      record({ kind: "held", rule: "policy-unreadable", reason });
    }
    this.problem = problem;
    const changes = policy === undefined || this.policy === undefined ? [] : differences(this.policy, policy);
    this.policy = policy;
    if (changes.length > 0) record({ kind: "mode", reason: `the policy changed: ${changes.join(", ")}` });
  }
}

/** Returns the figures of an observation for an event; empty when none are usable. */
export function metricOf(observation: Observation | undefined): Pick<ClusterEvent, "metric"> {
  if (observation === undefined) return {};
  const checked = checkObservation(observation, Infinity);
  if ("problem" in checked) return {};
  const { utilisation: fill, slope, putRate, takeRate, depth } = checked.metric;
  return { metric: { fill, slope, putRate, takeRate, depth } };
}

/** Words of an overload. Producers also give up samples that the queue stores too slowly, however empty it is. */
function overload(refused: number, fill: number | null | undefined): string {
  const share = fill === null || fill === undefined ? "filled by an unknown share" : `${fill} % full`;
  return `${refused} samples were refused: the queue is ${share}${(fill ?? 100) < 90 ? ", and too slow to store them" : ""}`;
}

/** Number of samples refused over the last `polls` polls; undefined when it is not known. */
function refusedOf(observations: readonly Observation[], polls: number): number | undefined {
  const ends = [observations.at(-1 - polls), observations.at(-1)];
  const [before, last] = ends.map((each) => (each !== undefined && "metric" in each ? each.metric.rejected : null));
  return before === undefined || before === null || last === undefined || last === null ? undefined : last - before;
}

/** Lists the differences, such as `min: 1 => 2` and `slope.slope1: 0.5 => 1`. */
function differences(before: object, after: object, prefix = ""): readonly string[] {
  const values = new Map<string, unknown>(Object.entries(before));
  return Object.entries(after).flatMap(([key, value]: [string, unknown]): readonly string[] => {
    const old = values.get(key);
    if (isObject(old) && isObject(value)) return differences(old, value, `${prefix}${key}.`);
    return old === value ? [] : [`${prefix}${key}: ${String(old)} => ${String(value)}`];
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
