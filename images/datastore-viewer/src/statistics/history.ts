import type { Excerpt, Point, SeriesDescription } from "@inaetics/model";

/** A series' value at a moment; null where it is not known. */
export interface Observed extends SeriesDescription {
  readonly value: number | null;
}

/** Seconds per point and how many points are kept, finest first: 5 minutes, 2 hours, 24 hours. */
export const RESOLUTIONS = [
  { step: 1, points: 300 },
  { step: 10, points: 720 },
  { step: 60, points: 1440 },
] as const;
export const LONGEST_SECONDS = 86_400;

/** Largest number of series. A further one replaces the series that has been silent longest. */
export const MOST_SERIES = 128;

/** Setback in ms beyond which a clock counts as new. Older points can no longer be put in order then. */
const NEW_CLOCK_MS = 60_000;

/** Values of many series over time at falling resolution. Its memory is bounded: `MOST_SERIES` times 2,460 points of 4 bytes. */
export class History {
  private readonly series = new Map<string, Rings>();
  private current: ReadonlySet<string> = new Set();
  private newest = -Infinity;
  private began = 0;

  constructor(private readonly most = MOST_SERIES) {}

  /** Names that requests may use. */
  get names(): readonly string[] {
    return [...this.series.keys()].sort();
  }

  /** Bytes of all points. */
  get bytes(): number {
    return [...this.series.values()].reduce((sum, each) => sum + each.bytes, 0);
  }

  /** Adds the values of a moment (ms since 1970). A moment slightly before the newest one adds nothing. */
  add(at: number, observed: readonly Observed[]): void {
    if (at < this.newest - NEW_CLOCK_MS) this.clear();
    if (this.series.size === 0) this.began = at;
    if (at < this.newest) return;
    for (const rings of this.series.values()) rings.advance(this.newest, at);
    this.newest = at;
    this.current = new Set(observed.map((each) => each.name));
    for (const each of observed) this.ringsOf(each)?.set(at, each);
  }

  /**
   * Returns the last `seconds` at the finest resolution that reaches that far. Without names: all series of the last
   * moment and those with a known value in that time. Unknown names are left out.
   */
  excerpt(seconds: number, names?: readonly string[]): Excerpt {
    const level = RESOLUTIONS.findIndex(({ step, points }) => step * points >= seconds);
    const index = level === -1 ? RESOLUTIONS.length - 1 : level;
    const { step, points } = RESOLUTIONS[index] ?? RESOLUTIONS[0];
    if (this.series.size === 0) return { from: null, step, series: [] };
    const last = slotOf(this.newest, step);
    const count = Math.min(points, Math.ceil(seconds / step));
    const first = Math.max(last - count + 1, slotOf(this.began, step));
    const chosen = [...this.series.values()]
      .filter(({ described: { name } }) => names === undefined || names.includes(name))
      .map((rings) => ({ ...rings.described, points: rings.read(index, first, last) }))
      .filter((each) => names !== undefined || this.current.has(each.name) || each.points.some(isKnown));
    return { from: first * step * 1000, step, series: chosen.sort((a, b) => (a.name < b.name ? -1 : 1)) };
  }

  private clear(): void {
    this.series.clear();
    this.newest = -Infinity;
  }

  private ringsOf(described: SeriesDescription): Rings | undefined {
    const { name } = described;
    const known = this.series.get(name);
    if (known !== undefined) return known;
    if (this.series.size >= this.most && !this.forgetOne()) return undefined;
    const rings = new Rings(described);
    this.series.set(name, rings);
    return rings;
  }

  /** Deletes the series that has been silent longest; false when all of them are current. */
  private forgetOne(): boolean {
    const silent = [...this.series.values()].filter(({ described }) => !this.current.has(described.name));
    const oldest = silent.sort((a, b) => a.lastKnown - b.lastKnown)[0];
    return oldest !== undefined && this.series.delete(oldest.described.name);
  }
}

/** One series at all resolutions. A point's place is its slot (time / step) modulo the ring's size; NaN: not known. */
class Rings {
  private readonly values = RESOLUTIONS.map(({ points }) => new Float32Array(points).fill(NaN));
  /** Sum and count of what went into each resolution's newest point. */
  private readonly sums = RESOLUTIONS.map(() => ({ sum: 0, count: 0 }));
  lastKnown = -Infinity;

  constructor(public described: SeriesDescription) {}

  get bytes(): number {
    return this.values.reduce((sum, each) => sum + each.byteLength, 0);
  }

  /** Makes the points after `before` up to `at` unknown. */
  advance(before: number, at: number): void {
    for (const [index, { step, points }] of RESOLUTIONS.entries()) {
      const [last, slot] = [slotOf(before, step), slotOf(at, step)];
      if (slot === last) continue;
      for (let each = Math.max(last + 1, slot - points + 1); each <= slot; each++) this.write(index, each, NaN);
      this.sums[index] = { sum: 0, count: 0 };
    }
  }

  set(at: number, { value, ...described }: Observed): void {
    this.described = described;
    // A value that a 4-byte float cannot hold is no measurement.
    if (value === null || !Number.isFinite(Math.fround(value))) return;
    this.lastKnown = at;
    for (const [index, { step }] of RESOLUTIONS.entries()) {
      const { sum, count } = this.sums[index] ?? { sum: 0, count: 0 };
      this.sums[index] = { sum: sum + value, count: count + 1 };
      this.write(index, slotOf(at, step), (sum + value) / (count + 1));
    }
  }

  read(index: number, first: number, last: number): readonly Point[] {
    const { step, points } = RESOLUTIONS[index] ?? RESOLUTIONS[0];
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, each): Point => {
      const value = this.values[index]?.[(first + each) % points] ?? NaN;
      return [(first + each) * step * 1000, Number.isNaN(value) ? null : Math.round(value * 100) / 100];
    });
  }

  private write(index: number, slot: number, value: number): void {
    const ring = this.values[index];
    if (ring !== undefined) ring[slot % ring.length] = value;
  }
}

function slotOf(at: number, step: number): number {
  return Math.floor(at / 1000 / step);
}

function isKnown([, value]: Point): boolean {
  return value !== null;
}
