import { checkObservation, type Metric, type Observation } from "./metric";
import { LONGEST_WINDOW_SECONDS } from "./parameters";
import type { Policy } from "./policy";

/** Decision at a time (ms). */
export interface RecordedDecision {
  readonly at: number;
  readonly processors: number;
  readonly recommended: number;
  /** Processors that were ready then. */
  readonly ready?: number;
  readonly action?: "up" | "down" | "hold";
}

/** History window that decisions use, oldest first. Plain data, so that it can be handed over as JSON. */
export interface History {
  readonly observations: readonly Observation[];
  readonly decisions: readonly RecordedDecision[];
  /** Measured speed of the processors, 1 = as configured. Undefined until it was measured. */
  readonly speed?: number;
}

export const emptyHistory: History = { observations: [], decisions: [] };

/** Longest gap in polling intervals. If more than two polls are missing, older data says nothing about that time. */
const GAP_INTERVALS = 2.5;

/**
 * Returns the history with one more poll, and with the decision on it. Call it with the poll before `decide`. Call it
 * again with the same poll and the decision after `decide`. Keeps half an hour. Starts again when the clock went back.
 */
export function extendHistory(
  history: History,
  observation: Observation,
  decision?: Omit<RecordedDecision, "at"> & { readonly speed?: number },
): History {
  const { at } = observation;
  const decisions = decision === undefined ? [] : [recordOf(at, decision)];
  const speed = decision?.speed ?? history.speed;
  return {
    observations: [...recent(history.observations, at), observation],
    decisions: [...recent(history.decisions, at), ...decisions],
    ...(speed === undefined ? {} : { speed }),
  };
}

function recordOf(
  at: number,
  { processors, recommended, ready, action }: Omit<RecordedDecision, "at">,
): RecordedDecision {
  const known = { ...(ready === undefined ? {} : { ready }), ...(action === undefined ? {} : { action }) };
  return { at, processors, recommended, ...known };
}

/** Returns the entries before `at` that are not too old; none when the clock went back. */
function recent<T extends { readonly at: number }>(all: readonly T[], at: number): readonly T[] {
  if ((all.at(-1)?.at ?? at) > at) return [];
  return all.filter((each) => each.at < at && each.at >= at - LONGEST_WINDOW_SECONDS * 1000 - 1000);
}

/** Newest poll: its figures, or why they must not be used. */
export type LatestMetric =
  | { readonly at: number; readonly metric: Metric; readonly before: Metric | undefined }
  | { readonly at: number; readonly problem: string; readonly times: number };

/** Returns the newest poll with the figures before it, or how many polls in a row could not be used. */
export function latestMetric(policy: Policy, { observations }: History): LatestMetric {
  const newest = observations.at(-1);
  if (newest === undefined) return { at: 0, problem: "the queue has not been polled yet", times: 0 };
  const read = reader(policy, observations);
  const index = observations.length - 1;
  const checked = read(index);
  let readable = index - 1;
  while (readable >= 0 && "problem" in read(readable)) readable--;
  if ("problem" in checked) return { at: newest.at, problem: checked.problem, times: index - readable };
  const before = readable < 0 ? undefined : read(readable);
  const comparable = before !== undefined && "metric" in before && isComparable(policy, before.metric, checked.metric);
  return { at: newest.at, metric: checked.metric, before: comparable ? before.metric : undefined };
}

/** Judges observations by their index. Figures whose time stands still are stale, even if that time seems recent. */
function reader(
  policy: Policy,
  observations: readonly Observation[],
): (index: number) => ReturnType<typeof checkObservation> {
  const checkOne = (index: number): ReturnType<typeof checkObservation> => {
    const observation = observations[index];
    return observation === undefined ? { problem: "" } : checkObservation(observation, policy.staleSeconds);
  };
  return (index) => {
    const checked = checkOne(index);
    if ("problem" in checked) return checked;
    let first = index;
    for (let older = checkOne(first - 1); "metric" in older; older = checkOne(first - 1)) {
      if (older.metric.at !== checked.metric.at) break;
      first--;
    }
    const seconds = ((observations[index]?.at ?? 0) - (observations[first]?.at ?? 0)) / 1000;
    if (seconds <= policy.staleSeconds) return checked;
    return { problem: `the same figures for ${Math.round(seconds)} s, over ${policy.staleSeconds} s` };
  };
}

function isComparable(policy: Policy, before: Metric, now: Metric): boolean {
  const seconds = (now.at - before.at) / 1000;
  return before.capacity === now.capacity && seconds > 0 && seconds <= GAP_INTERVALS * policy.intervalSeconds;
}

/** Returns the decisions without a gap from `at` back to the window's start. Undefined when they do not reach it. */
export function decisionsSince(
  policy: Policy,
  { decisions }: History,
  at: number,
): readonly RecordedDecision[] | undefined {
  const start = at - policy.stabilisationSeconds * 1000;
  const tolerance = policy.intervalSeconds * 500;
  const window: RecordedDecision[] = [];
  let reached = at;
  for (const each of [...decisions].reverse()) {
    if (reached - tolerance <= start || reached - each.at > GAP_INTERVALS * policy.intervalSeconds * 1000) break;
    window.push(each);
    reached = each.at;
  }
  return reached - tolerance <= start ? window : undefined;
}

/** Time at which processors were last added, or else of the oldest decision. Undefined when no history exists. */
export function lastScaleUp({ decisions }: History): number | undefined {
  return (decisions.findLast(({ action }) => action === "up") ?? decisions[0])?.at;
}

/** Time at which the number last changed. Undefined when it is not known. */
export function lastChange({ decisions }: History): number | undefined {
  return decisions.findLast(({ action }) => action === "up" || action === "down")?.at;
}
