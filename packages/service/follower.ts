import { type Log, messageWithCause, sleep } from "@inaetics/base";

/** Stream that is followed: messages that come one after the other, each with a position that only grows. */
export interface Followed<T> {
  readonly name: string;
  readonly open: () => Promise<{ readonly messages: AsyncIterable<T>; stop(): unknown }>;
  readonly handle: (message: T) => void;
  /** Position so far. */
  readonly position: () => number;
  /** Last position of the stream now; 0 when it is empty or does not exist. */
  readonly end: () => Promise<number>;
}

const CHECK_MS = 2000;
const RETRY_MS = 1000;

/**
 * Follows a stream for ever. Opens it again when it ends or fails, and also when it silently stays behind. That happens
 * when the broker has forgotten the consumer.
 */
export class Follower<T> {
  private stopped = false;
  private close: () => unknown = () => undefined;
  /** Reason why following is no longer useful: the stream was removed or made again. Undefined until then. */
  lost: string | undefined;
  private behind = -1;
  private ahead = false;
  private timer: NodeJS.Timeout | undefined;
  private reported: string | undefined;

  constructor(
    private readonly followed: Followed<T>,
    private readonly log: Log,
  ) {}

  start(): void {
    void this.run();
    this.timer = setInterval(() => void this.check(), CHECK_MS);
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.timer);
    this.close();
  }

  private async run(): Promise<void> {
    while (!this.isStopped()) {
      try {
        const opened = await this.followed.open();
        this.close = () => opened.stop();
        if (this.isStopped()) this.close();
        this.report(undefined);
        for await (const each of opened.messages) this.followed.handle(each);
        this.report("it ended");
      } catch (error) {
        this.report(messageWithCause(error));
      }
      if (!this.isStopped()) await sleep(RETRY_MS);
    }
  }

  /** True when stopped, which may happen during any wait. */
  private isStopped(): boolean {
    return this.stopped;
  }

  /** Opens the stream again when two checks in a row find it behind without progress. Also detects its loss. */
  private async check(): Promise<void> {
    const position = this.followed.position();
    const end = await this.followed.end().catch(() => position);
    if (end > position && this.behind === position) {
      this.report(`it stands still at ${position} of ${end}`);
      this.close();
    }
    this.behind = end > position ? position : -1;
    if (end < position && this.ahead)
      this.lost = `${this.followed.name} was lost: it ends at ${end}, and was at ${position}`;
    this.ahead = end < position;
  }

  private report(problem: string | undefined): void {
    if (this.stopped || problem === this.reported) return;
    this.reported = problem;
    const { name } = this.followed;
    if (problem === undefined) this.log.info(`${name}: followed`);
    else this.log.warn(`${name}: not followed: ${problem}; opening it again`);
  }
}
