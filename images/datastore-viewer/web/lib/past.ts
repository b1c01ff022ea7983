import { Excerpt } from "@inaetics/model";
import type { Live } from "./live";

export interface Line {
  readonly name: string;
  readonly displayName: string;
  readonly type: string;
  readonly unit: string;
  /** One per moment; null where the value is not known. */
  readonly values: readonly (number | null)[];
}

export interface Past {
  /** Moments, in seconds since 1970, each `step` after the one before. */
  readonly times: readonly number[];
  readonly step: number;
  readonly lines: readonly Line[];
}

export const nothing: Past = { times: [], step: 1, lines: [] };

/** Adds newer or better known points and drops those older than `seconds`. Another resolution replaces the past. */
export function merge(before: Past, excerpt: Excerpt, seconds: number): Past {
  const { step, series } = excerpt;
  const length = series[0]?.points.length ?? 0;
  if (excerpt.from === null || length === 0) return before;
  const from = Math.round(excerpt.from / 1000);
  const to = from + (length - 1) * step;
  const old = before.step === step ? before : nothing;
  const last = Math.max(to, old.times.at(-1) ?? to);
  const first = Math.max(Math.min(from, old.times[0] ?? from), last - Math.ceil(seconds / step) * step + step);
  const times = Array.from({ length: (last - first) / step + 1 }, (_, index) => first + index * step);
  const lines = new Map<string, Line>();
  const place = (line: Omit<Line, "values">, begin: number, values: readonly (number | null)[]): void => {
    const all = [...(lines.get(line.name)?.values ?? times.map(() => null))];
    values.forEach((value, index) => {
      const at = (begin - first) / step + index;
      if (at >= 0 && at < all.length) all[at] = value;
    });
    lines.set(line.name, { ...line, values: all });
  };
  for (const { values, ...line } of old.lines) place(line, old.times[0] ?? first, values);
  for (const { points, ...line } of series)
    place(
      line,
      from,
      points.map(([, value]) => value),
    );
  return { times, step, lines: [...lines.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** A snapshot as the newest second of the series that the dashboard draws. */
export function excerptOf(now: Live): Excerpt {
  const at = Math.floor(now.at / 1000) * 1000;
  const series = (name: string, value: number | null): Excerpt["series"][number] => {
    return { name, displayName: name, type: "", unit: "", points: [[at, value]] };
  };
  return {
    from: at,
    step: 1,
    series: [
      series("queue", now.queue?.utilisation ?? null),
      series("data-store", now.store?.utilisation ?? null),
      series("production", now.productionRate),
      series("processing", now.processingRate),
    ],
  };
}

/** Smallest 1, 2 or 5 times a power of ten that no value exceeds. The axis then does not jump at each change. */
export function roundTop(values: readonly (number | null)[], least: number): number {
  const most = values.reduce<number>((top, each) => Math.max(top, each ?? 0), least);
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5].find((each) => each * power >= most) ?? 10) * power;
}
