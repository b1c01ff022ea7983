/** Report of a verification. Pure. */
import { table } from "@inaetics/base";
import { complaints, type Verdict } from "./checker";
import { isInTime, type Recovered } from "./recovery";

export interface Outcome {
  readonly stack: string;
  readonly seed: number;
  /** Samples per second that were asked for. */
  readonly rate: number;
  readonly seconds: number;
  readonly verdict: Verdict;
  readonly recoveries: readonly Recovered[];
  /** Samples that the broker accepted during the run, of all producers, by its own count. */
  readonly accepted: number;
  /** Samples that are left in the queue. */
  readonly waiting: number;
}

/** Returns the reasons why the outcome is bad. */
export function outcomeProblems({ verdict, recoveries }: Outcome): readonly string[] {
  return [
    ...complaints(verdict),
    ...recoveries.filter((each) => !isInTime(each)).map((each) => `not in time: ${recoveryText(each)}`),
  ];
}

function recoveryText({ fault, seconds, limit, missing }: Recovered): string {
  const took = seconds === null ? "not recovered" : `${seconds.toFixed(1)} s`;
  return `${fault}: ${took}, limit ${limit} s${missing.length === 0 ? "" : ` (missing: ${missing.join(", ")})`}`;
}

export function renderOutcome(outcome: Outcome): string {
  const { verdict, recoveries, seed, rate, seconds, accepted, waiting } = outcome;
  const { latency } = verdict;
  const rows = [
    ["seed", `${seed}, ${rate} samples/s for ${seconds} s`],
    ["put", `${verdict.put} samples`],
    ["accepted", `${verdict.acknowledged} (by the broker's count, with all producers: ${accepted})`],
    ["refused", String(verdict.refused)],
    ["unanswered", String(verdict.unanswered)],
    ["stored", String(verdict.stored)],
    ["missing", String(verdict.missing.length)],
    ["stuck", `${verdict.stuck.length} (${waiting} left in the queue)`],
    ["duplicates", `${verdict.duplicates.length} (${verdict.repeated.length} repeated after the broker's windows)`],
    ["latency", latency === null ? "unknown" : `p50 ${latency.p50} ms, p99 ${latency.p99} ms, most ${latency.max} ms`],
    ["late", String(verdict.late.length)],
  ];
  const faults = recoveries.map(({ fault, part, seconds: took, limit, from, wholeAt }) => [
    fault,
    part,
    took === null ? "never" : `${took.toFixed(1)} s`,
    `limit ${limit} s`,
    wholeAt === null ? "not whole" : `whole after ${((wholeAt - from) / 1000).toFixed(0)} s`,
  ]);
  const problems = outcomeProblems(outcome);
  return [
    `${table(rows)}\n`,
    faults.length === 0 ? "" : `\nRecovery\n${table(faults)}\n`,
    problems.length === 0 ? "\nNothing is lost.\n" : `\nProblems\n${problems.map((each) => `  ${each}\n`).join("")}`,
  ].join("");
}
