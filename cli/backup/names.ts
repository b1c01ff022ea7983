/** Names, retention and age of backups. Pure. */
import { homedir } from "node:os";
import * as path from "node:path";
import { Failure, nonEmpty, type Environment } from "@inaetics/workstation";
import * as z from "zod/mini";

/**
 * Folder of a stack's backups. It is neither in the checkout nor in its state, so that it outlives `destroy`, `git clean`
 * and the checkout itself: `INAETICS_BACKUPS`, else below `XDG_DATA_HOME`, else below `~/.local/share`.
 */
export function backupFolder(environment: Environment, cluster: string): string {
  const data = nonEmpty(environment["XDG_DATA_HOME"]) ?? path.join(homedir(), ".local", "share");
  const base = nonEmpty(environment["INAETICS_BACKUPS"]) ?? path.join(data, "inaetics-cluster", "backups");
  return path.join(path.resolve(base), cluster);
}

/** Returns the name of a backup's file: `inaetics-dev-20250131T130509Z.age`. Names sort by time. */
export function backupName(cluster: string, time: Date): string {
  return `${cluster}-${time.toISOString().replace(/[-:]|\.\d+/g, "")}.age`;
}

/** Returns the files of `names` that exceed the newest `keep`. Other files, such as those that were copied there, stay. */
export function expired(names: readonly string[], cluster: string, keep: number): readonly string[] {
  const own = names.filter(
    (name) => name.startsWith(`${cluster}-`) && /^\d{8}T\d{6}Z\.age$/.test(name.slice(cluster.length + 1)),
  );
  return own.sort().reverse().slice(keep);
}

export const schedules = ["hourly", "daily"] as const;
export type Schedule = (typeof schedules)[number];

const minute = 60_000;
/** Age from which a backup is overdue: the interval, and time for a machine that was off or busy. */
const overdueMs: Readonly<Record<Schedule, number>> = { hourly: 90 * minute, daily: 26 * 60 * minute };

/** Reads `--schedule`. */
export function parseSchedule(given: string): Schedule | "off" {
  const found = [...schedules, "off" as const].find((each) => each === given);
  if (found !== undefined) return found;
  throw new Failure(`--schedule: got "${given}"; allowed: hourly, daily, off`, "Nothing was changed.");
}

/** Reads `--keep`. */
export function parseKeep(given: string): number {
  const value = /^\d{1,4}$/.test(given) ? Number(given) : 0;
  if (value >= 1) return value;
  throw new Failure(`--keep: got "${given}"; allowed: whole numbers from 1 to 9999`, "Nothing was changed.");
}

/** Facts about a stack's backups that outlive each run. */
export const recordSchema = z.object({
  schedule: z.optional(z.object({ every: z.enum(schedules), keep: z.int(), since: z.string() })),
  lastSuccess: z.optional(z.object({ time: z.string(), file: z.string(), bytes: z.int() })),
  lastFailure: z.optional(z.object({ time: z.string(), reason: z.string() })),
});
export type BackupRecord = z.infer<typeof recordSchema>;

/** Returns the problems of a stack's backups: overdue, or the newest one failed. Without a schedule none is expected. */
export function backupProblems(record: BackupRecord, now: number): readonly string[] {
  const { schedule, lastSuccess, lastFailure } = record;
  const failed =
    lastFailure !== undefined && (lastSuccess === undefined || lastFailure.time > lastSuccess.time)
      ? [`backup: the last one failed at ${lastFailure.time}: ${lastFailure.reason}`]
      : [];
  if (schedule === undefined) return failed;
  const newest = lastSuccess?.time ?? schedule.since;
  const age = now - Date.parse(newest);
  if (age <= overdueMs[schedule.every]) return failed;
  const text = lastSuccess === undefined ? `none since ${newest}` : `the last one is of ${newest}`;
  return [`backup: ${text}; the schedule is ${schedule.every}`, ...failed];
}
