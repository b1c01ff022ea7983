/** Parts of the tests of autoscaling: invented observations of a queue of 10,000, and the loop around `decide`. */
import {
  decide,
  defaultPolicy,
  emptyHistory,
  extendHistory,
  split,
  type Current,
  type Decision,
  type Metric,
  type Observation,
  type History,
  type Policy,
} from "@inaetics/autoscaling";

export const slope: Policy = { ...defaultPolicy, policy: "slope" };
export const drain: Policy = { ...defaultPolicy, policy: "drain" };
export const both: readonly Policy[] = [slope, drain];

/** Figures of a quiet queue, except those in `about`; the fill follows from the depth. */
export function metric(at: number, about: Partial<Metric> = {}): Metric {
  const capacity = about.capacity ?? 10_000;
  const utilisation = (100 * (about.depth ?? 0)) / capacity;
  const quiet = { depth: 0, slope: 0, putRate: 50, takeRate: 50, rejected: 0, oldestMs: 0 };
  return { at, capacity, utilisation, ...quiet, ...about };
}

export function observed(at: number, about: Partial<Metric> = {}): Observation {
  return { at, metric: metric(at, about) };
}

export function unreadable(at: number): Observation {
  return { at, problem: "the queue agent does not answer" };
}

/** Processors: `requested` in total, `ready` of them at work. */
export function processors(requested: number, ready = requested): Current {
  return { requested: split(requested), ready: split(ready) };
}

/** Decides on a single observation without history, as the Pulumi program does. */
export function once(policy: Policy, observation: Observation, current: Current): Decision {
  return decide(policy, extendHistory(emptyHistory, observation), current);
}

/** A coordinator whose processors are ready at its next poll. */
export class Loop {
  history: History = emptyHistory;
  readonly decisions: Decision[] = [];

  constructor(
    private readonly policy: Policy,
    public count: number,
  ) {}

  evaluate(observation: Observation, current = processors(this.count)): Decision {
    this.history = extendHistory(this.history, observation);
    const decision = decide(this.policy, this.history, current);
    this.history = extendHistory(this.history, observation, decision);
    this.decisions.push(decision);
    this.count = decision.processors;
    return decision;
  }
}
