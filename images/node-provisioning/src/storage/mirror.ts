import { JetStreamApiError, type JetStreamManager } from "@nats-io/jetstream";
import { Kvm, type KV, type KvWatchEntry } from "@nats-io/kv";
import { type Log, withTimeout } from "@inaetics/base";
import { absentAsUndefined, Follower, type JetStream, REQUEST_MS, unavailable } from "@inaetics/service";

/** Text of a key, undefined once it was removed, and the revision of that change. */
interface Entry {
  readonly text: string | undefined;
  readonly revision: number;
}

const BUCKET = "provisioning";
const STREAM = `KV_${BUCKET}`;
const MOST_TRIES = 20;
const LOAD_MS = 10_000;

/**
 * Key-value bucket of the broker with a copy in memory that follows every writer. Changes are compare-and-set, so that
 * concurrent processes lose none.
 */
export class Mirror {
  private entries: ReadonlyMap<string, Entry> = new Map();
  private loading: Map<string, Entry> | undefined;
  private readonly follower: Follower<KvWatchEntry>;
  /** End of the bucket when it was last read from its beginning. */
  private begin = 0;
  private last = 0;
  private onLoaded: () => void = () => undefined;
  private readonly loaded = new Promise<void>((resolve) => (this.onLoaded = resolve));

  private constructor(
    private readonly bucket: KV,
    private readonly manager: JetStreamManager,
    log: Log,
  ) {
    this.follower = new Follower(
      {
        name: `bucket ${BUCKET}`,
        open: async () => {
          this.loading = new Map();
          this.begin = await this.end();
          const iterator = await bucket.watch();
          // An empty bucket sends nothing, so its copy is complete at once.
          if ((await manager.streams.info(STREAM)).state.messages === 0) this.complete();
          return { messages: iterator, stop: () => iterator.stop() };
        },
        handle: (entry) => this.take(entry),
        position: () => this.last,
        end: () => this.end(),
      },
      log,
    );
  }

  /** Creates the bucket if it is missing and reads it. Rejects when the broker does not answer. */
  static async open({ stream, manager }: JetStream, replicas: number, log: Log): Promise<Mirror> {
    const current = await absentAsUndefined(manager.streams.info(STREAM));
    if (current !== undefined && current.config.num_replicas !== replicas) {
      await manager.streams.update(STREAM, { ...current.config, num_replicas: replicas });
    }
    const buckets = new Kvm(stream);
    // Reads from the leader, because a compare-and-set that lost must see the value that won.
    const options = { replicas, history: 1, storage: "file", allow_direct: false } as const;
    const bucket = await (current === undefined ? buckets.create(BUCKET, options) : buckets.open(BUCKET));
    const mirror = new Mirror(bucket, manager, log);
    mirror.follower.start();
    return mirror;
  }

  /** Resolves once the whole bucket was read; rejects when that takes too long. */
  ready(): Promise<void> {
    return withTimeout(this.loaded, LOAD_MS);
  }

  /** Reason why this process cannot continue with what it knows. */
  unhealthy(): string | undefined {
    return this.follower.lost;
  }

  /** Grows with each change. */
  get revision(): number {
    return this.last;
  }

  get(key: string): string | undefined {
    return this.entries.get(key)?.text;
  }

  /** The keys that begin with the prefix, and their texts. */
  *list(prefix: string): Iterable<readonly [key: string, text: string]> {
    for (const [key, { text }] of this.entries) if (key.startsWith(prefix) && text !== undefined) yield [key, text];
  }

  /**
   * Changes a key's text. `change` gets the present text and returns the new one, undefined to remove it, or the same
   * to leave it. It may be called several times; an error that it throws ends the attempt. Returns the text stored
   * afterwards.
   */
  async update(key: string, change: (text: string | undefined) => string | undefined): Promise<string | undefined> {
    let { text, revision } = this.entries.get(key) ?? { text: undefined, revision: 0 };
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const wanted = change(text);
      if (wanted === text) return text;
      try {
        await this.write(key, wanted, revision);
        return wanted;
      } catch (error) {
        if (!isLostRace(error)) throw error;
      }
      const entry = await this.bucket.get(key);
      text = entry?.operation === "PUT" ? entry.string() : undefined;
      revision = entry?.revision ?? 0;
      this.set(key, { text, revision });
    }
    throw unavailable("too many changes at once; try again");
  }

  /** Frees the broker's space of removed keys, after all processes had time to see the removal. */
  async forgetRemoved(): Promise<void> {
    for (const [key, { text }] of this.entries) {
      if (text === undefined) await this.manager.streams.purge(STREAM, { filter: `$KV.${BUCKET}.${key}`, keep: 0 });
    }
    this.entries = new Map([...this.entries].filter(([, { text }]) => text !== undefined));
  }

  stop(): void {
    this.follower.stop();
  }

  private async end(): Promise<number> {
    return (await absentAsUndefined(this.manager.streams.info(STREAM)))?.state.last_seq ?? 0;
  }

  private async write(key: string, text: string | undefined, previousSeq: number): Promise<void> {
    if (text === undefined) {
      await this.bucket.delete(key, { previousSeq });
      // The broker does not return the revision of a removal; the watch delivers it.
      this.set(key, { text, revision: previousSeq });
      return;
    }
    const revision = await this.bucket.put(key, text, { previousSeq, timeout: REQUEST_MS });
    this.set(key, { text, revision });
  }

  private take(entry: KvWatchEntry): void {
    const { key, revision } = entry;
    const text = entry.operation === "PUT" ? entry.string() : undefined;
    this.loading?.set(key, { text, revision });
    if (this.loading !== undefined && entry.delta === 0) this.complete();
    else if (this.loading === undefined) this.set(key, { text, revision });
    this.last = Math.max(this.last, revision);
  }

  /** Replaces the copy by what was read, except for entries known to be newer. */
  private complete(): void {
    const read = this.loading ?? new Map<string, Entry>();
    this.loading = undefined;
    for (const [key, entry] of this.entries) {
      if (entry.revision > (read.get(key)?.revision ?? this.begin)) read.set(key, entry);
    }
    this.entries = read;
    this.last = Math.max(this.last, this.begin);
    this.onLoaded();
  }

  private set(key: string, entry: Entry): void {
    const before = this.entries.get(key);
    if (before !== undefined && before.revision > entry.revision) return;
    this.entries = new Map(this.entries).set(key, entry);
    this.last = Math.max(this.last, entry.revision);
  }
}

/** True when another process wrote first. */
function isLostRace(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === 10071;
}
