import type { Metric } from "./metric";
import type { History } from "./history";
import type { Policy } from "./policy";
import { split, total, type Kinds } from "./split";

/** Backlog with which all processors are surely busy, in seconds of their rate; work in hand is not included. */
const BUSY_SECONDS = 1;
/** Speed below which processors stand still (during a broker's election, or when a store does not answer). */
const STANDSTILL = 0.02;
const MOST = 1000;

/** Samples per second that these processors take. A `speed` of 1 is as configured. */
export function capacityOf(policy: Policy, kinds: Kinds, speed: number): number {
  return speed * (kinds.felix * policy.felixRate + kinds.celix * policy.celixRate);
}

/** The fewest processors that take `rate` samples per second. */
export function needed(policy: Policy, rate: number, speed: number): number {
  let processors = 0;
  while (processors < MOST && capacityOf(policy, split(processors), speed) < rate) processors++;
  return processors;
}

/**
 * Returns how fast processors are, 1 = as configured. The queue's figures have one rate for both kinds, so both get the
 * same speed. Measures only while the same number has been ready since the previous poll. Also requires a backlog that
 * keeps all of them busy, unless the rate is higher than thought possible. Keeps half of the known speed, because one
 * poll may fall into a hiccup.
 */
export function measureSpeed(
  policy: Policy,
  history: History,
  latest: { readonly metric: Metric; readonly before: Metric | undefined },
  current: { readonly ready: Kinds; readonly requested: Kinds },
): number | undefined {
  const known = history.speed;
  const { takeRate } = latest.metric;
  const ready = total(current.ready);
  const readyBefore = history.decisions.at(-1)?.ready ?? total(current.requested);
  if (takeRate === null || ready === 0 || ready !== readyBefore) return known;
  const seen = takeRate / capacityOf(policy, current.ready, 1);
  if (seen < STANDSTILL) return known;
  // Work in hand does not count as backlog, however long it lasts: a queue is that full at any rate.
  const backlog = (policy.activation / 100) * latest.metric.capacity + takeRate * BUSY_SECONDS;
  const busy = [latest.metric, latest.before ?? latest.metric].every(({ depth }) => depth > backlog);
  if (!busy && seen <= (known ?? 1)) return known;
  return known === undefined && latest.before !== undefined ? seen : ((known ?? 1) + seen) / 2;
}

/** Samples that arrive per second, refused ones included; null: not known. */
export function arrivals({
  metric,
  before,
}: {
  readonly metric: Metric;
  readonly before: Metric | undefined;
}): number | null {
  if (metric.putRate === null) return null;
  if (before === undefined || metric.rejected === null || before.rejected === null) return metric.putRate;
  // A counter that was set back is not usable.
  const refused = Math.max(0, metric.rejected - before.rejected);
  return metric.putRate + (refused * 1000) / (metric.at - before.at);
}
