/** Formats of figures and words. An unknown value is a dash, never a zero. */
export const UNKNOWN = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** A size of a file, of `bytes` bytes. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${whole.format(bytes)} B`;
  if (bytes < 1_000_000) return `${tenth.format(bytes / 1000)} kB`;
  return `${tenth.format(bytes / 1_000_000)} MB`;
}

/** Milliseconds as the reader would say them. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 1.5) return "1 s";
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** Age of a moment at `now`; both in milliseconds since 1970. */
export function ago(at: number | null | undefined, now: number): string {
  if (at === null || at === undefined || !Number.isFinite(at)) return UNKNOWN;
  return now - at < 1500 ? "just now" : `${duration(now - at)} ago`;
}

/** Time of day, preceded by the date when it is not of today. */
export function clock(at: number, now: number): string {
  const then = new Date(at);
  const time = [then.getHours(), then.getMinutes(), then.getSeconds()].map((each) => String(each).padStart(2, "0"));
  const sameDay = new Date(now).toDateString() === then.toDateString();
  const day = `${then.getDate()} ${then.toLocaleString("en", { month: "short" })} `;
  return (sameDay ? "" : day) + time.join(":");
}

/** `1 feature`, `2 features`, `no features`. */
export function plural(count: number, noun: string): string {
  if (count === 0) return `no ${noun}s`;
  return `${whole.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** The name of a platform as people say it. */
export function platformName(platform: string | null | undefined): string {
  if (platform === "osgi") return "Felix";
  return platform === "celix" ? "Celix" : "any platform";
}

/** Splits a dotted name, or one that begins with its group's, into the shared part and its own part. */
export function splitName(name: string, group?: string): readonly [family: string, own: string] {
  if (group !== undefined && name.startsWith(`${group}-`)) return [`${group}-`, name.slice(group.length + 1)];
  const end = name.lastIndexOf(".") + 1;
  return end > 1 && end < name.length ? [name.slice(0, end), name.slice(end)] : ["", name];
}

/** Compares versions as OSGi does: three numbers, then the qualifier as text. */
export function compareVersions(one: string, other: string): number {
  const left = one.split(".");
  const right = other.split(".");
  for (let part = 0; part < 3; part++) {
    const difference = Number(left[part] ?? 0) - Number(right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  const [a, b] = [left.slice(3).join("."), right.slice(3).join(".")];
  return a < b ? -1 : Number(a > b);
}
