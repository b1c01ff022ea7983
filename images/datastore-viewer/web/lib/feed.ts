/// <reference lib="dom" />
import { Excerpt } from "@inaetics/model";
import type { Span } from "./chart";
import type { Live } from "./live";
import { excerptOf, merge, nothing, type Past } from "./past";

/** Time ranges that can be chosen, in seconds. */
export const ranges = [
  { seconds: 120, words: "2 min" },
  { seconds: 300, words: "5 min" },
  { seconds: 3600, words: "1 h" },
  { seconds: 7200, words: "2 h" },
  { seconds: 86_400, words: "24 h" },
] as const;

/** Shortest time between two requests, in seconds. */
const PAUSE = 2;

export interface FeedOptions {
  /** Series that snapshots also contain. Undefined: all series, which only the history of the server has. */
  readonly names: readonly string[] | undefined;
  readonly seconds: number;
  readonly onChange: () => void;
  /** Called when another range was chosen. */
  readonly onRange?: () => void;
}

export class Feed {
  past: Past = nothing;
  seconds: number;
  /** Reason why the past is not known. */
  problem = "";
  private zoomed: Span | undefined;
  private now = Date.now() / 1000;
  private asked = -Infinity;
  private loading = false;
  /** Last second before a gap in the snapshots. */
  private hole: number | undefined;

  constructor(private readonly options: FeedOptions) {
    this.seconds = options.seconds;
  }

  /** Time that charts show, in seconds since 1970: the zoomed part, or else the range up to the present. */
  get span(): Span {
    return this.zoomed ?? [this.now - this.seconds, this.now];
  }

  get isZoomed(): boolean {
    return this.zoomed !== undefined;
  }

  /** Shows a part of the range, or all of it again when undefined. Times outside of the range cannot be shown. */
  zoom(span: Span | undefined): void {
    const [first, last] = [this.now - this.seconds, this.now];
    const length = span === undefined ? Infinity : span[1] - span[0];
    if (span === undefined || length >= this.seconds) this.zoomed = undefined;
    else {
      const from = Math.min(Math.max(span[0], first), last - length);
      this.zoomed = [from, from + length];
    }
    this.options.onChange();
  }

  choose(seconds: number): void {
    this.seconds = seconds;
    [this.past, this.zoomed] = [nothing, undefined];
    this.reload();
    this.options.onRange?.();
    this.options.onChange();
  }

  /** Reads the whole range again. */
  reload(): void {
    this.asked = -Infinity;
    void this.load(this.seconds);
  }

  /** Adds the newest snapshot. Reads from the server what snapshots lack when that is due. */
  add(snapshot: Live): void {
    this.now = snapshot.at / 1000;
    const { step, times } = this.past;
    const known = times.at(-1);
    const contains = this.options.names !== undefined && known !== undefined && step === 1;
    if (contains) {
      this.noticeHole(known);
      this.past = merge(this.past, excerptOf(snapshot), this.seconds);
    }
    if ((!contains || this.hole !== undefined) && this.now - this.asked >= Math.max(PAUSE, step)) {
      // Only the finest resolution can be read in small pieces.
      const piece = step > 1 ? Infinity : Math.ceil(this.now - (this.hole ?? known ?? -Infinity)) + 3;
      void this.load(Math.min(this.seconds, piece));
    }
    this.options.onChange();
  }

  /**
   * Notes a gap when a snapshot was late or missing. Asks the server a little later, because it may have just started.
   */
  private noticeHole(known: number): void {
    if (Math.floor(this.now) - known <= 1) return;
    this.hole ??= known;
    this.asked = this.now;
  }

  private async load(seconds: number): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    this.asked = this.now;
    const range = this.seconds;
    try {
      const names = this.options.names === undefined ? "" : `&name=${this.options.names.join()}`;
      const answer = await fetch(`/coordinator/history?seconds=${seconds}${names}`, {
        signal: AbortSignal.timeout(10_000),
      });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      const excerpt = (await answer.json()) as Excerpt;
      if (range === this.seconds) this.past = merge(this.past, excerpt, range);
      this.problem = "";
      this.hole = undefined;
    } catch (error) {
      this.problem = `The history cannot be read: ${error instanceof Error ? error.message : String(error)}.`;
    }
    this.loading = false;
    if (range !== this.seconds) void this.load(this.seconds);
    this.options.onChange();
  }
}
