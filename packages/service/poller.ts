import { messageWithCause, withTimeout } from "@inaetics/base";

/** Last value that a poller read. `at` is its time (ms since 1970); `error` is why nothing newer is known. */
export interface Reading<T> {
  readonly value: T | undefined;
  readonly at: number;
  readonly error: string | undefined;
}

export interface PollerOptions<T> {
  readonly read: () => Promise<T>;
  readonly intervalMs: number;
  /** Wait after a failure, in ms; the interval when undefined. */
  readonly retryMs?: number;
  /** A read that takes longer counts as failed; the next one still starts. */
  readonly timeoutMs: number;
  /** Called when the failure differs from the one before, or is over (undefined). */
  readonly onChange?: (error: string | undefined) => void;
  /** Called after each successful read. */
  readonly onValue?: (value: T) => void;
}

/** Repeats a read after the last one ended or timed out, and keeps the last value. A failing read stops nothing. */
export class Poller<T> {
  private last: Reading<T> = { value: undefined, at: 0, error: "not read yet" };
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private reported: string | undefined;
  /** Time at which the last read began (ms since 1970). A poller is alive as long as this changes. */
  lastTick = Date.now();

  constructor(private readonly options: PollerOptions<T>) {}

  /** The last reading, whatever its age. */
  get reading(): Reading<T> {
    return this.last;
  }

  /** The last value if it is not older than `maxAgeMs`. */
  fresh(maxAgeMs: number, now: number = Date.now()): T | undefined {
    return now - this.last.at <= maxAgeMs ? this.last.value : undefined;
  }

  start(): this {
    void this.tick();
    return this;
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private async tick(): Promise<void> {
    const begin = Date.now();
    this.lastTick = begin;
    let interval = this.options.intervalMs;
    try {
      const value = await withTimeout(this.options.read(), this.options.timeoutMs);
      this.last = { value, at: Date.now(), error: undefined };
      this.report(undefined);
      this.options.onValue?.(value);
    } catch (error) {
      const text = messageWithCause(error);
      this.last = { ...this.last, error: text };
      interval = this.options.retryMs ?? interval;
      this.report(text);
    }
    if (this.stopped) return;
    const wait = Math.max(50, interval - (Date.now() - begin));
    this.timer = setTimeout(() => void this.tick(), wait);
  }

  private report(error: string | undefined): void {
    if (error === this.reported) return;
    this.reported = error;
    this.options.onChange?.(error);
  }
}
