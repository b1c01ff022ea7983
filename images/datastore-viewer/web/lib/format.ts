/** How figures are written. What is not known is a dash, never a zero. */
export const UNKNOWN = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A count: 1,234. */
export function count(value: number | null | undefined): string {
  return known(value) ? whole.format(value) : UNKNOWN;
}

/** A rate: one decimal below 100, none above. */
export function rate(value: number | null | undefined): string {
  if (!known(value)) return UNKNOWN;
  return Math.abs(value) < 99.95 ? tenth.format(value) : whole.format(value);
}

/** A percentage with its sign. */
export function percent(value: number | null | undefined): string {
  return known(value) ? `${rate(value)} %` : UNKNOWN;
}

/** The change of the queue's fill, in words for what would be a steady display of 0.0. */
export function trend(slope: number | null | undefined): string {
  if (!known(slope)) return UNKNOWN;
  if (Math.abs(slope) < 0.05) return "steady";
  return `${slope > 0 ? "+" : "−"}${tenth.format(Math.abs(slope))} %/s`;
}

/** Milliseconds as the reader would say them. */
export function duration(ms: number | null | undefined): string {
  if (!known(ms)) return UNKNOWN;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${tenth.format(ms / 1000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

/** `running / requested`. */
export function replicas(value: { readonly running: number; readonly requested: number } | null | undefined): string {
  return value === null || value === undefined ? "unknown" : `${value.running} / ${value.requested}`;
}

/** One line per reason, with all the parts that are not known because of it. */
export function explain(problems: Readonly<Record<string, string>>): readonly string[] {
  const parts = new Map<string, string[]>();
  for (const [part, reason] of Object.entries(problems)) parts.set(reason, [...(parts.get(reason) ?? []), part]);
  return [...parts].map(([reason, names]) => `not known: ${names.join(", ")} (${reason})`);
}

function known(value: number | null | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
