/** Judges a history of samples: what was put, acknowledged and stored. Pure. */

/** One observation of a sample. Times are in ms of one clock. */
export type SampleEvent =
  /** The producer sends the sample: once, or again. */
  | { readonly kind: "put"; readonly id: string; readonly at: number }
  /** The broker acknowledged the put. */
  | { readonly kind: "acknowledged"; readonly id: string; readonly at: number }
  /** The full queue refused the put. */
  | { readonly kind: "refused"; readonly id: string; readonly at: number }
  /** The data store has a result of the sample. */
  | { readonly kind: "stored"; readonly id: string; readonly at: number };

/** A period in which a fault was active or being recovered from, in ms. */
export interface Disturbance {
  readonly from: number;
  readonly to: number;
}

export interface CheckOptions {
  /** Time of the last reading of the data store. */
  readonly endedAt: number;
  /** Number of samples that the queue still holds at the end. */
  readonly waiting: number;
  /** The longest allowed time in ms from a put to its result outside disturbances. */
  readonly latencyMs: number;
  readonly disturbances?: readonly Disturbance[];
  /** Time in ms in which the queue recognises a repeated put. A later repetition may be a second sample. */
  readonly putWindowMs: number;
  /** The same of results. */
  readonly resultWindowMs: number;
}

/** Judgement of a history. Lists have ids in the order of the puts. */
export interface Verdict {
  readonly put: number;
  readonly acknowledged: number;
  readonly refused: number;
  /** Puts without an answer: they may be stored or not. */
  readonly unanswered: number;
  /** Number of different samples that have a result. */
  readonly stored: number;
  /** Acknowledged, without a result, and no longer in the queue. */
  readonly missing: readonly string[];
  /** Acknowledged, without a result, while the queue still holds as many samples. */
  readonly stuck: readonly string[];
  /** Stored twice although the broker's windows should have recognised the second one. */
  readonly duplicates: readonly string[];
  /** Stored twice, by a repetition after the windows. Allowed, because the sample's id makes it harmless. */
  readonly repeated: readonly string[];
  /** Stored, though never put, or refused each time. */
  readonly phantoms: readonly string[];
  /** Stored later than allowed, outside disturbances. */
  readonly late: readonly string[];
  /** ms from the first put to the first result, of all stored samples outside disturbances. */
  readonly latency: Spread | null;
}

/** Quantiles in ms. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Observations of one sample. */
interface Life {
  readonly puts: number[];
  acknowledgedAt: number | undefined;
  refused: number;
  readonly stored: number[];
}

/** Judges the history. The order of the events does not matter. */
export function check(events: readonly SampleEvent[], options: CheckOptions): Verdict {
  const lives = livesOf(events);
  const all = [...lives];
  const ids = (holds: (life: Life) => boolean): readonly string[] =>
    all.filter(([, life]) => holds(life)).map(([id]) => id);
  const absent = ids((life) => life.acknowledgedAt !== undefined && life.stored.length === 0);
  const several = all.filter(([, life]) => life.stored.length > 1);
  const excused = several.filter(([, life]) => isExcused(life, options)).map(([id]) => id);
  const calm = all.filter(([, life]) => life.puts.length > 0 && life.stored.length > 0 && isCalm(life, options));
  // The queue does not list its samples. As many as it holds may be those that are absent, the newest first.
  const held = Math.min(options.waiting, absent.length);
  return {
    put: ids((life) => life.puts.length > 0).length,
    acknowledged: ids((life) => life.acknowledgedAt !== undefined).length,
    refused: ids(isRefused).length,
    unanswered: ids((life) => life.puts.length > 0 && life.acknowledgedAt === undefined && !isRefused(life)).length,
    stored: ids((life) => life.stored.length > 0).length,
    missing: absent.slice(0, absent.length - held),
    stuck: absent.slice(absent.length - held),
    duplicates: several.map(([id]) => id).filter((id) => !excused.includes(id)),
    repeated: excused,
    phantoms: ids((life) => life.stored.length > 0 && (life.puts.length === 0 || isRefused(life))),
    late: calm.filter(([, life]) => latencyOf(life) > options.latencyMs).map(([id]) => id),
    latency: spread(calm.map(([, life]) => latencyOf(life))),
  };
}

/** Returns the reasons why a verdict is bad; none when nothing that was acknowledged is lost, stuck or doubled. */
export function complaints(verdict: Verdict): readonly string[] {
  const kinds = [
    [verdict.missing, "acknowledged, and lost"],
    [verdict.stuck, "acknowledged, and stuck in the queue"],
    [verdict.duplicates, "stored more than once"],
    [verdict.phantoms, "stored, but never accepted"],
    [verdict.late, "stored too late"],
  ] as const;
  return kinds.filter(([ids]) => ids.length > 0).map(([ids, text]) => `${ids.length} ${text}: ${shorten(ids)}`);
}

/** Names the first ids. */
export function shorten(ids: readonly string[], shown = 10): string {
  return [...ids.slice(0, shown), ...(ids.length > shown ? ["..."] : [])].join(", ");
}

/** Returns the quantiles; null without values. */
export function spread(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function livesOf(events: readonly SampleEvent[]): ReadonlyMap<string, Life> {
  const lives = new Map<string, Life>();
  for (const { kind, id, at } of [...events].sort((a, b) => a.at - b.at)) {
    const life = lives.get(id) ?? { puts: [], acknowledgedAt: undefined, refused: 0, stored: [] };
    lives.set(id, life);
    if (kind === "put") life.puts.push(at);
    if (kind === "acknowledged") life.acknowledgedAt ??= at;
    if (kind === "refused") life.refused++;
    if (kind === "stored") life.stored.push(at);
  }
  return lives;
}

/** True when each put was refused: the queue has promised not to hold the sample. */
function isRefused(life: Life): boolean {
  return life.acknowledgedAt === undefined && life.puts.length > 0 && life.refused >= life.puts.length;
}

/** True when puts or results of the sample are further apart than the broker remembers. */
function isExcused(life: Life, { putWindowMs, resultWindowMs }: CheckOptions): boolean {
  return width(life.puts) >= putWindowMs || width(life.stored) >= resultWindowMs;
}

function width(times: readonly number[]): number {
  return times.length === 0 ? 0 : (times.at(-1) ?? 0) - (times[0] ?? 0);
}

function isCalm(life: Life, { disturbances = [] }: CheckOptions): boolean {
  const [from, to] = [life.puts[0] ?? 0, life.stored[0] ?? 0];
  return !disturbances.some((each) => from <= each.to && to >= each.from);
}

function latencyOf(life: Life): number {
  return (life.stored[0] ?? 0) - (life.puts[0] ?? 0);
}
