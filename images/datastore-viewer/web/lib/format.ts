/** Formats of figures. An unknown figure is written as "unknown", never as zero. */
export const UNKNOWN = "unknown";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const hundredth = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

type Maybe = number | null | undefined;

/** A count: 1,234. */
export function count(value: Maybe): string {
  return known(value) ? whole.format(value) : UNKNOWN;
}

/** A rate: one decimal below 100, none above. */
export function rate(value: Maybe): string {
  if (!known(value)) return UNKNOWN;
  return Math.abs(value) < 99.95 ? tenth.format(value) : whole.format(value);
}

/** A rate with its unit, for axes and captions. */
export function perSecond(value: Maybe): string {
  return known(value) ? `${rate(value)} /s` : UNKNOWN;
}

/** Percentage with its sign; a value above 0 is never shown as 0. */
export function percent(value: Maybe): string {
  if (!known(value)) return UNKNOWN;
  return value > 0 && value < 0.05 ? "< 0.1 %" : `${rate(value)} %`;
}

/** Change of the queue's fill; the word "steady" replaces a display of 0.0. */
export function trend(slope: Maybe): string {
  if (!known(slope)) return UNKNOWN;
  if (Math.abs(slope) < 0.05) return "steady";
  return `${slope > 0 ? "+" : "−"}${tenth.format(Math.abs(slope))} %/s`;
}

/** Milliseconds as the reader would say them. */
export function duration(ms: Maybe): string {
  if (!known(ms)) return UNKNOWN;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${tenth.format(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`;
}

/** Age of a moment, without needless decimals. */
export function ago(at: Maybe, now: number): string {
  if (!known(at)) return UNKNOWN;
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  return seconds < 120 ? `${seconds} s ago` : `${duration(seconds * 1000)} ago`;
}

/** Cores in use: 0.25. */
export function cores(value: Maybe): string {
  return known(value) ? hundredth.format(value) : UNKNOWN;
}

/** Bytes in the binary units that memory is sold in. */
export function bytes(value: Maybe): string {
  if (!known(value)) return UNKNOWN;
  if (value < 1024 ** 2) return `${Math.round(value / 1024)} KiB`;
  return value < 1024 ** 3 ? `${Math.round(value / 1024 ** 2)} MiB` : `${tenth.format(value / 1024 ** 3)} GiB`;
}

/** The local time of day, with the date when that is not today's. */
export function clock(at: number, now: number, parts: "minutes" | "seconds" = "seconds"): string {
  const date = new Date(at);
  const pad = (value: number): string => String(value).padStart(2, "0");
  const minutes = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  const time = parts === "minutes" ? minutes : `${minutes}:${pad(date.getSeconds())}`;
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getDate()} ${date.toLocaleString("en", { month: "short" })} ${time}`;
}

/** `running / requested`. */
export function replicas(value: { readonly running: number; readonly requested: number } | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : `${value.running} / ${value.requested}`;
}

/** One line per reason, with all the parts that are not known because of it. */
export function explain(problems: Readonly<Record<string, string>>): readonly string[] {
  const parts = new Map<string, string[]>();
  for (const [part, reason] of Object.entries(problems)) parts.set(reason, [...(parts.get(reason) ?? []), part]);
  return [...parts].map(([reason, names]) => `not known: ${names.join(", ")} (${reason})`);
}

function known(value: Maybe): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
