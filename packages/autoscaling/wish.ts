import type { Metric } from "./metric";
import type { Policy } from "./policy";
import type { Kinds } from "./split";

/** What a policy's rule sees. */
export interface Sight {
  readonly policy: Policy;
  readonly metric: Metric;
  /** The figures of the look before; undefined when there are none or they are too old. */
  readonly before: Metric | undefined;
  /** Processors asked for. */
  readonly requested: number;
  /** Processors to add to: the ready ones, or the requested ones once it is clear that those do not get ready. */
  readonly counted: number;
  readonly ready: Kinds;
  /** Processors' speed, 1 = as configured. */
  readonly speed: number;
}

/** What a policy's rule alone would have; it may be outside min..max. */
export interface Wish {
  readonly processors: number;
  readonly rule: string;
  /** A half sentence with figures. */
  readonly because: string;
}

/** A figure for people: two digits behind the point at most. */
export function figure(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export function fill(metric: Metric): number {
  return (100 * metric.depth) / metric.capacity;
}
