/** Time for which a part is still supported. Pure: today's date is an argument, as 2026-11-25. */
import { isNewer } from "./release";

const msOfDay = 86_400_000;

/** Days before the end of support from which a warning is given. */
export const WARN_DAYS = 60;

/** Returns the day of a time, as 2026-11-25. */
export function isoDay(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Returns the days of support left: 0 on the last one, negative afterwards; undefined when a release ends it. */
export function daysLeft(supportedUntil: string, today: string): number | undefined {
  if (supportedUntil.startsWith("release ")) return undefined;
  return Math.round((Date.parse(supportedUntil) - Date.parse(today)) / msOfDay);
}

/** Returns `ended` or `ends in 45 days`; undefined while the end is far, or when a release ends it. */
export function endingText(supportedUntil: string, today: string): string | undefined {
  const left = daysLeft(supportedUntil, today);
  if (left === undefined || left > WARN_DAYS) return undefined;
  if (left < 0) return "ended";
  return left === 0 ? "ends today" : `ends in ${left} ${left === 1 ? "day" : "days"}`;
}

/** Returns the same text; with a known newest release also `release 3.8.0 is out: support ended`. */
export function supportRemark(supportedUntil: string, today: string, newest?: string): string | undefined {
  const last = /^release (.+)$/.exec(supportedUntil)?.[1];
  if (last === undefined) return endingText(supportedUntil, today);
  const isOut = newest !== undefined && !isNewer(last, newest);
  return isOut ? `release ${last} is out: support ended` : undefined;
}
