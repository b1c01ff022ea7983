import type { JsMsg, StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { randomUUID } from "node:crypto";
import type { EventsPage, StoredEvent } from "@inaetics/model";
import { EVENT_SUBJECTS, EVENTS, eventSchema, eventSubject, parseJson, type ClusterEvent } from "@inaetics/samples";
import { absentAsUndefined, Follower, openJetStream, type JetStream } from "@inaetics/service";
import { messageWithCause, type Log, sleep } from "@inaetics/base";

/** Number of the newest events kept in memory, for pages and for viewers that reconnect. */
const KEPT = 1000;
/**
 * Number of events that may wait while the broker is away: days of decisions. Beyond it, the oldest are dropped and
 * counted.
 */
const MOST_WAITING = 5000;
const RETRY_MS = 1000;

interface Waiting {
  readonly id: string;
  readonly event: ClusterEvent;
}

/** Log of events. It appends to the stream, also across a broker outage, and follows what all instances append. */
export class EventLog {
  private recent: StoredEvent[] = [];
  private last = 0;
  private target: number | undefined;
  private waiting: Waiting[] = [];
  private pumping = false;
  private jetstream: JetStream | undefined;
  private follower: Follower<JsMsg> | undefined;
  private stopped = false;
  /** Number of events dropped while the broker was away. */
  dropped = 0;

  constructor(
    private readonly log: Log,
    private readonly onEvent: (event: StoredEvent) => void,
  ) {}

  /** Starts to append and to follow. Resolves at once; retries until it succeeds. */
  async start(connection: NatsConnection): Promise<void> {
    this.jetstream = await openJetStream(connection);
    this.follow();
    void this.pump();
  }

  /** Waits up to 1.5 s for pending events to be stored, then stops. */
  async stop(): Promise<void> {
    const deadline = Date.now() + 1500;
    while (this.jetstream !== undefined && this.waiting.length > 0 && Date.now() < deadline) await sleep(50);
    this.stopped = true;
    this.follower?.stop();
  }

  /** Appends an event; it stays in memory until the broker has it. Events of the same id are stored once. */
  add(event: ClusterEvent, id: string = randomUUID()): void {
    this.log.info(`${event.kind}: ${event.reason}${event.outcome === undefined ? "" : ` (${event.outcome})`}`);
    this.waiting.push({ id, event });
    if (this.waiting.length > MOST_WAITING) {
      this.waiting.shift();
      this.dropped++;
    }
    void this.pump();
  }

  /** True when everything that was stored at the start has been read. */
  get caughtUp(): boolean {
    return this.target !== undefined && this.last >= this.target;
  }

  /** The newest events, oldest first. */
  newest(count: number): readonly StoredEvent[] {
    return count <= 0 ? [] : this.recent.slice(-count);
  }

  /** Events in memory after the given one, for a viewer that was away for a moment. */
  since(id: number): readonly StoredEvent[] {
    return this.recent.filter((each) => each.id > id);
  }

  /** Reason why this process cannot continue with what it knows. */
  unhealthy(): string | undefined {
    return this.follower?.lost;
  }

  /**
   * Returns the events after the given one, oldest first, or else the newest. `next` is the `after` of the next page.
   */
  async list(after: number | undefined, limit: number): Promise<EventsPage> {
    const events = after === undefined ? this.newest(limit) : await this.after(after, limit);
    return { events, next: events.at(-1)?.id ?? after ?? this.last };
  }

  private async after(after: number, limit: number): Promise<readonly StoredEvent[]> {
    const inMemory = (this.recent[0]?.id ?? Infinity) <= after + 1 || after >= this.last;
    if (inMemory) return this.since(after).slice(0, limit);
    return (await absentAsUndefined(this.batch(after + 1, limit))) ?? [];
  }

  /** Rejects with "not found" when none exists. */
  private async batch(seq: number, batch: number): Promise<readonly StoredEvent[]> {
    const found: StoredMsg[] = [];
    const options = { seq, batch, next_by_subj: EVENT_SUBJECTS };
    if (this.jetstream === undefined) return [];
    for await (const each of await this.jetstream.manager.direct.getBatch(EVENTS, options)) found.push(each);
    return found.flatMap((each) => parse(each.seq, each.data) ?? []);
  }

  private follow(): void {
    this.follower = new Follower(
      {
        name: "events",
        open: async () => {
          const { stream } = this.opened();
          this.target ??= await this.end();
          if (this.last === 0) this.last = Math.max(0, this.target - KEPT);
          const from = { deliver_policy: "by_start_sequence", opt_start_seq: this.last + 1 } as const;
          const messages = await (await stream.consumers.get(EVENTS, from)).consume();
          return { messages, stop: () => messages.close() };
        },
        handle: (each) => this.take(each),
        position: () => this.last,
        end: () => this.end(),
      },
      this.log,
    );
    this.follower.start();
  }

  /** Sequence number of the newest event. Rejects while no stream exists. */
  private async end(): Promise<number> {
    return (await this.opened().manager.streams.info(EVENTS)).state.last_seq;
  }

  private opened(): JetStream {
    if (this.jetstream === undefined) throw new Error("not connected to the broker yet");
    return this.jetstream;
  }

  private take({ seq, data }: JsMsg): void {
    if (seq <= this.last) return;
    this.last = seq;
    const event = parse(seq, data);
    if (event === undefined) return;
    this.recent.push(event);
    if (this.recent.length > 2 * KEPT) this.recent = this.recent.slice(-KEPT);
    this.onEvent(event);
  }

  /** Stores the waiting events one by one and retries each until it is stored. Its id makes a repetition harmless. */
  private async pump(): Promise<void> {
    if (this.pumping || this.jetstream === undefined) return;
    this.pumping = true;
    let complaint = "";
    for (let first = this.waiting[0]; first !== undefined && !this.isStopped(); first = this.waiting[0]) {
      try {
        const { event, id } = first;
        await this.jetstream.stream.publish(eventSubject(event), JSON.stringify(event), { msgID: id });
        if (this.waiting[0] === first) this.waiting.shift();
      } catch (error) {
        if (messageWithCause(error) !== complaint)
          this.log.warn(`an event waits to be stored: ${messageWithCause(error)}`);
        complaint = messageWithCause(error);
        await sleep(RETRY_MS);
      }
    }
    this.pumping = false;
  }

  /** True when `stop` was called, which may happen during any wait. */
  private isStopped(): boolean {
    return this.stopped;
  }
}

function parse(id: number, data: Uint8Array): StoredEvent | undefined {
  const event = parseJson(eventSchema, data);
  return event.ok ? { id, ...event.value } : undefined;
}
