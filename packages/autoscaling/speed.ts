import type { Metric } from "./metric";
import type { Past } from "./past";
import type { Policy } from "./policy";
import { split, total, type Kinds } from "./split";

/** How much waits beside the work in hand when all processors are surely at work: what they take in a second. */
const BUSY_SECONDS = 1;
/** Slower than this is no speed but a standstill (a broker's election, a store that does not answer). */
const STANDSTILL = 0.02;
const MOST = 1000;

/** Samples per second that so many processors take, at a speed of 1 = as configured. */
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
 * How fast processors are, 1 = as configured. The queue's figures know one rate for both kinds, so both are taken to be
 * as much faster or slower. Counted only while the same number has been ready since the look before, and only
 * while a backlog keeps all of them busy; a higher rate than thought possible counts always. Half of what was known is kept:
 * one look may fall into a hiccup.
 */
export function measureSpeed(
  policy: Policy,
  past: Past,
  look: { readonly metric: Metric; readonly before: Metric | undefined },
  current: { readonly ready: Kinds; readonly requested: Kinds },
): number | undefined {
  const known = past.speed;
  const { takeRate } = look.metric;
  const ready = total(current.ready);
  const readyBefore = past.decisions.at(-1)?.ready ?? total(current.requested);
  if (takeRate === null || ready === 0 || ready !== readyBefore) return known;
  const seen = takeRate / capacityOf(policy, current.ready, 1);
  if (seen < STANDSTILL) return known;
  // Work in hand is no backlog, however long it lasts: a queue is that full at any rate.
  const backlog = (policy.activation / 100) * look.metric.capacity + takeRate * BUSY_SECONDS;
  const busy = [look.metric, look.before ?? look.metric].every(({ depth }) => depth > backlog);
  if (!busy && seen <= (known ?? 1)) return known;
  return known === undefined && look.before !== undefined ? seen : ((known ?? 1) + seen) / 2;
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
  // A counter that was set back says nothing.
  const refused = Math.max(0, metric.rejected - before.rejected);
  return metric.putRate + (refused * 1000) / (metric.at - before.at);
}
