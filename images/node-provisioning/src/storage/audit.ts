import type { DirectBatchOptions, JetStreamManager, JsMsg, StoredMsg, StreamConfig } from "@nats-io/jetstream";
import type { Log } from "@inaetics/base";
import type { AgentEvent, AuditEvent } from "@inaetics/model";
import { parseJson } from "@inaetics/samples";
import { absentAsUndefined, Follower, type JetStream } from "@inaetics/service";
import { storedEventSchema } from "../model/stored";

const STREAM = "AUDIT";
const DAY_NS = 24 * 3600 * 1_000_000_000;
/** Number of the newest events kept in memory, for pages and for viewers that reconnect. */
const KEPT = 1000;
const MOST_LISTED = 1000;

function auditStream(replicas: number): Partial<StreamConfig> & Pick<StreamConfig, "name"> {
  return {
    name: STREAM,
    description: "What happened at the agents",
    subjects: ["audit.>"],
    retention: "limits",
    storage: "file",
    discard: "old",
    num_replicas: replicas,
    max_msgs: 100_000,
    max_bytes: 128 * 2 ** 20,
    max_age: 7 * DAY_NS,
    max_msg_size: 64 * 1024,
    // An agent repeats an unanswered report, possibly only after a whole outage.
    duplicate_window: DAY_NS / 24,
    allow_direct: true,
  };
}

/** Subject of a target. Dots in a pod's name would create several tokens; underscores cannot occur in it. */
function subject(target: string): string {
  return `audit.${target.replaceAll(".", "_")}`;
}

/** The agents' audit log, in a stream of the broker; the newest events are also in memory. */
export class AuditLog {
  private recent: AuditEvent[] = [];
  private last = 0;
  private readonly follower: Follower<JsMsg>;
  private onEvent: (event: AuditEvent) => void = () => undefined;

  private constructor(
    private readonly jetstream: JetStream,
    log: Log,
  ) {
    this.follower = new Follower(
      {
        name: "audit log",
        open: async () => {
          const state = await this.state();
          if (this.last === 0) this.last = Math.max(0, state.last_seq - KEPT);
          const from = { deliver_policy: "by_start_sequence", opt_start_seq: this.last + 1 } as const;
          const consumer = await jetstream.stream.consumers.get(STREAM, from);
          const messages = await consumer.consume();
          return { messages, stop: () => messages.close() };
        },
        handle: (each) => this.take(each),
        position: () => this.last,
        end: async () => (await this.state()).last_seq,
      },
      log,
    );
  }

  /** Creates the stream if it is missing. Rejects when the broker does not answer. */
  static async open(jetstream: JetStream, replicas: number, log: Log): Promise<AuditLog> {
    await ensureStream(jetstream.manager, auditStream(replicas));
    return new AuditLog(jetstream, log);
  }

  /** Starts to read the log: the newest events first, then each new one. */
  follow(onEvent: (event: AuditEvent) => void): void {
    this.onEvent = onEvent;
    this.follower.start();
  }

  /** Number of events stored since the log was created. */
  get total(): number {
    return this.last;
  }

  /** Reason why this process cannot continue with what it knows. */
  unhealthy(): string | undefined {
    return this.follower.lost;
  }

  /** Stores events of an agent's process; one that is stored already is not stored again. */
  async add(target: string, boot: string, events: readonly AgentEvent[]): Promise<void> {
    const stored = events.map(({ id, ...event }) =>
      this.jetstream.stream.publish(subject(target), JSON.stringify({ target, ...event }), {
        msgID: `${target}:${boot}:${id}`,
      }),
    );
    await Promise.all(stored);
  }

  /**
   * Returns the events after the given one, oldest first, or else the newest. `next` is the `after` of the next page.
   */
  async list(query: {
    readonly target?: string | undefined;
    readonly after?: number | undefined;
    readonly limit: number;
  }): Promise<{ events: readonly AuditEvent[]; next: number }> {
    const limit = Math.min(query.limit, MOST_LISTED);
    const events = await (query.after === undefined
      ? this.newest(query.target, limit)
      : this.after(query.target, query.after, limit));
    return { events, next: events.at(-1)?.seq ?? query.after ?? this.last };
  }

  /** Events in memory after the given one, for a viewer that was away for a moment. */
  since(seq: number): readonly AuditEvent[] {
    return this.recent.filter((each) => each.seq > seq);
  }

  stop(): void {
    this.follower.stop();
  }

  private async state(): Promise<{ first_seq: number; last_seq: number; messages: number }> {
    const info = await absentAsUndefined(this.jetstream.manager.streams.info(STREAM));
    return info?.state ?? { first_seq: 0, last_seq: 0, messages: 0 };
  }

  private take({ seq, data }: JsMsg): void {
    if (seq <= this.last) return;
    this.last = seq;
    const event = parseEvent(seq, data);
    if (event === undefined) return;
    this.recent.push(event);
    if (this.recent.length > 2 * KEPT) this.recent = this.recent.slice(-KEPT);
    this.onEvent(event);
  }

  private async newest(target: string | undefined, limit: number): Promise<readonly AuditEvent[]> {
    const { first_seq: first, messages } = await this.state();
    const own = this.recent.filter((each) => target === undefined || each.target === target);
    const complete = messages === 0 || (this.recent[0]?.seq ?? Infinity) <= first;
    if (own.length >= limit || complete) return own.slice(-limit);
    let events: readonly AuditEvent[] = [];
    for (let after = 0; ;) {
      const more = await this.read(target, after, MOST_LISTED);
      events = [...events, ...more].slice(-limit);
      if (more.length < MOST_LISTED) return events;
      after = more.at(-1)?.seq ?? after;
    }
  }

  private async after(target: string | undefined, after: number, limit: number): Promise<readonly AuditEvent[]> {
    if ((this.recent[0]?.seq ?? Infinity) > after + 1) return this.read(target, after, limit);
    return this.since(after)
      .filter((each) => target === undefined || each.target === target)
      .slice(0, limit);
  }

  /** Rejects with "not found" when no such event exists. */
  private async batch(options: DirectBatchOptions): Promise<readonly StoredMsg[]> {
    const found: StoredMsg[] = [];
    for await (const each of await this.jetstream.manager.direct.getBatch(STREAM, options)) found.push(each);
    return found;
  }

  private async read(target: string | undefined, after: number, limit: number): Promise<readonly AuditEvent[]> {
    const { last_seq: last, messages } = await this.state();
    if (messages === 0 || after >= last) return [];
    const filter = target === undefined ? "audit.>" : subject(target);
    const options = { seq: after + 1, batch: limit, next_by_subj: filter };
    const found = await absentAsUndefined(this.batch(options));
    return (found ?? []).flatMap((each) => parseEvent(each.seq, each.data) ?? []);
  }
}

/** Creates or updates the stream as wanted; settings that the broker adds stay. */
async function ensureStream(
  manager: JetStreamManager,
  wanted: Partial<StreamConfig> & Pick<StreamConfig, "name">,
): Promise<void> {
  const current = await absentAsUndefined(manager.streams.info(wanted.name));
  if (current === undefined) await manager.streams.add(wanted);
  else await manager.streams.update(wanted.name, { ...current.config, ...wanted });
}

function parseEvent(seq: number, data: Uint8Array): AuditEvent | undefined {
  const event = parseJson(storedEventSchema, data);
  return event.ok ? { seq, ...event.value } : undefined;
}
