/** Formats of times. */

/** Text of a value that is not known; it is never shown as zero. */
export const UNKNOWN = "unknown";

/** Milliseconds in their largest unit, at least one second: "4 s", "5 min", "2 days". */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 1.5) return "1 s";
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** Age of a moment at `now`; both in milliseconds since 1970. */
export function ago(at: number | null | undefined, now: number): string {
  if (at === null || at === undefined || !Number.isFinite(at)) return UNKNOWN;
  return now - at < 1500 ? "just now" : `${elapsed(now - at)} ago`;
}

/** Local time of day, preceded by the date when it is not today's. */
export function clock(at: number, now: number, parts: "minutes" | "seconds" = "seconds"): string {
  const date = new Date(at);
  const pad = (value: number): string => String(value).padStart(2, "0");
  const minutes = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  const time = parts === "minutes" ? minutes : `${minutes}:${pad(date.getSeconds())}`;
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getDate()} ${date.toLocaleString("en", { month: "short" })} ${time}`;
}
