/** Formats of figures. An unknown figure is written as "unknown", never as zero. */
import { UNKNOWN } from "@inaetics/web";

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

/** Change of the queue's fill. A change that would be shown as 0.0 is "steady". */
export function trend(slope: Maybe): string {
  if (!known(slope)) return UNKNOWN;
  if (Math.abs(slope) < 0.05) return "steady";
  return `${slope > 0 ? "+" : "−"}${tenth.format(Math.abs(slope))} %/s`;
}

/** Milliseconds in a suitable unit, with a decimal for seconds. */
export function duration(ms: Maybe): string {
  if (!known(ms)) return UNKNOWN;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${tenth.format(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`;
}

/** Cores in use: 0.25. */
export function cores(value: Maybe): string {
  return known(value) ? hundredth.format(value) : UNKNOWN;
}

/** Bytes in binary units. */
export function bytes(value: Maybe): string {
  if (!known(value)) return UNKNOWN;
  if (value < 1024 ** 2) return `${Math.round(value / 1024)} KiB`;
  return value < 1024 ** 3 ? `${Math.round(value / 1024 ** 2)} MiB` : `${tenth.format(value / 1024 ** 3)} GiB`;
}

/** Name of a kind of agents: "Felix" or "Celix". */
export function kindName(kind: string): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}

/** Replicas as `running / requested`. */
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
