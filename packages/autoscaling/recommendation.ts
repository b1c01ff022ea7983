import type { Metric } from "./metric";
import type { Policy } from "./policy";
import type { Kinds } from "./split";

/** Input of a policy's rule. */
export interface RuleInput {
  readonly policy: Policy;
  readonly metric: Metric;
  /** Figures of the previous poll. Undefined when none exist or they are too old. */
  readonly before: Metric | undefined;
  /** Processors that were requested. */
  readonly requested: number;
  /** Number to which a step up adds: ready processors, or requested ones once those clearly do not get ready. */
  readonly scaleUpBase: number;
  readonly ready: Kinds;
  /** Processors' speed, 1 = as configured. */
  readonly speed: number;
}

/** Number that a policy's rule alone asks for. It may be outside min..max. */
export interface Recommendation {
  readonly processors: number;
  readonly rule: string;
  /** A half sentence with figures. */
  readonly because: string;
}

/** Formats a figure for people, with at most two decimals. */
export function figure(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export function fill(metric: Metric): number {
  return (100 * metric.depth) / metric.capacity;
}
