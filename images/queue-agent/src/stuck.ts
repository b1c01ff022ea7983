import { jetstream, jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { COUNTERS, eventSubject, STUCK_KEY, type ClusterEvent, type StuckReport } from "@inaetics/samples";
import type { Log } from "@inaetics/base";
import { observe, stuckUpTo, type Watch } from "./overdue";
import { processorsConsumer } from "./plan";
import { afterAttempt, naming, remedyFor, type Remedy, type Stuck } from "./remedy";
import { apply, existing, readDeliveries, sampleAt, storedAmong } from "./samples";

/** Times that the broker may miss to deliver a sample again. Normal overload stays below one. */
const MISSED_WAITS = 3;
const LIMIT_MS = (MISSED_WAITS * (processorsConsumer().ack_wait ?? 0)) / 1_000_000;
/** Most samples that one round lists and repairs. The next rounds take the others. */
const MOST = 200;
/** Interval in ms in which a report of stuck samples is repeated. */
const REPEAT_MS = 10_000;
const REQUEST_MS = 4000;

/**
 * Finds accepted samples that the broker does not deliver any more, reports them and has them processed. No sample is
 * removed before the data store has its result.
 */
export class StuckSamples {
  private watch: Watch | undefined;
  private stuck: readonly Stuck[] = [];
  private repaired = 0;
  private checked: StuckReport | undefined;
  private written: StuckReport | undefined;
  /** Events that the broker does not have yet, by their ids. */
  private readonly events = new Map<string, ClusterEvent>();

  constructor(
    private readonly connection: NatsConnection,
    private readonly pod: string,
    private readonly log: Log,
  ) {}

  /** The last report; undefined until the queue was read. */
  get report(): StuckReport | undefined {
    return this.checked;
  }

  /** Reads, reports and repairs once. Throws when the broker does not answer; the next round continues. */
  async round(): Promise<void> {
    const manager = await jetstreamManager(this.connection, { checkAPI: false, timeout: REQUEST_MS });
    const { state, delivery } = await readDeliveries(manager);
    const watch = observe(this.watch, state, LIMIT_MS);
    this.watch = watch;
    await this.refresh(manager, watch);
    await this.repair(manager, watch, delivery);
    this.checked = this.reportAt(Date.now());
    await this.publish();
    await this.write();
  }

  /** Brings the list of stuck samples up to date. */
  private async refresh(manager: JetStreamManager, watch: Watch): Promise<void> {
    const still: Stuck[] = [];
    const gone: Stuck[] = [];
    for (const each of this.stuck) ((await sampleAt(manager, each.seq)) === undefined ? gone : still).push(each);
    const known = new Set(still.map(({ seq }) => seq));
    const found = await existing(manager, watch.last.first, stuckUpTo(watch, LIMIT_MS), MOST);
    const added = found.filter(({ seq }) => !known.has(seq)).slice(0, Math.max(0, MOST - still.length));
    if (added.length > 0) this.reportStuck(added, watch);
    if (gone.length > 0) await this.reportGone(gone);
    const fresh = added.map((each): Stuck => ({ ...each, attempts: 0, dueAtServedMs: watch.servedMs }));
    this.stuck = [...still, ...fresh].sort((a, b) => a.seq - b.seq);
  }

  private async repair(manager: JetStreamManager, watch: Watch, delivery: number): Promise<void> {
    const due = this.stuck.filter(({ dueAtServedMs }) => watch.servedMs >= dueAtServedMs);
    if (due.length === 0) return;
    const stored = await storedAmong(this.connection, due);
    const means = new Map<Remedy, Stuck[]>();
    for (const each of due) {
      const remedy = remedyFor(each, each.id !== undefined && stored.has(each.id));
      means.set(remedy, [...(means.get(remedy) ?? []), each]);
    }
    for (const [remedy, samples] of means) {
      this.log.info(`${words[remedy]}: ${naming(samples)}`);
      await apply(this.connection, manager, remedy, samples, delivery);
      const tried = new Set(samples.map(({ seq }) => seq));
      this.stuck = this.stuck.map((each) => (tried.has(each.seq) ? afterAttempt(each, watch.servedMs) : each));
    }
  }

  private reportStuck(added: readonly Pick<Stuck, "seq" | "id">[], watch: Watch): void {
    const number = added.length === 1 ? "1 sample was" : `${added.length} samples were`;
    const seconds = Math.round(LIMIT_MS / 1000);
    const reason = `${number} not processed, and not delivered again for ${seconds} s: ${naming(added)}`;
    this.log.warn(`${reason} (${watch.last.delivered} delivered so far)`);
    this.add("stuck", reason, added);
  }

  private async reportGone(gone: readonly Stuck[]): Promise<void> {
    const stored = await storedAmong(this.connection, gone);
    const good = gone.filter(({ id }) => id !== undefined && stored.has(id));
    const lost = gone.filter((each) => !good.includes(each));
    if (good.length > 0) {
      this.repaired += good.length;
      const number = good.length === 1 ? "1 sample that was stuck is" : `${good.length} samples that were stuck are`;
      const reason = `${number} processed, and the results stored: ${naming(good)}`;
      this.log.info(reason);
      this.add("repaired", reason, good);
    }
    // The data store drops its oldest results when it is full, and processors drop what is no sample.
    if (lost.length > 0) this.log.warn(`left the queue, and no result of them is kept: ${naming(lost)}`);
  }

  private add(kind: "stuck" | "repaired", reason: string, samples: readonly Pick<Stuck, "seq">[]): void {
    // Two agents at work find the same samples; an id of the samples makes it one event.
    const id = `${kind}-${samples[0]?.seq ?? 0}-${samples.at(-1)?.seq ?? 0}`;
    this.events.set(id, { time: Date.now(), source: "cluster", kind, reason: reason.slice(0, 2000), by: this.pod });
  }

  private async publish(): Promise<void> {
    const client = jetstream(this.connection, { timeout: REQUEST_MS });
    for (const [id, event] of this.events) {
      await client.publish(eventSubject(event), JSON.stringify(event), { msgID: id });
      this.events.delete(id);
    }
  }

  private reportAt(at: number): StuckReport {
    const [first] = this.stuck;
    const oldest =
      first === undefined
        ? null
        : {
            id: first.id ?? `message ${first.seq}`,
            seq: first.seq,
            seconds: Math.max(0, Math.round((at - first.putAt) / 1000)),
          };
    return { at, count: this.stuck.length, repaired: this.repaired, oldest };
  }

  /** Keeps the report in the broker for the viewer: after each change, and repeatedly while samples are stuck. */
  private async write(): Promise<void> {
    const [report, before] = [this.checked, this.written];
    if (report === undefined) return;
    const isNew = report.count !== before?.count || report.repaired !== before.repaired;
    const isDue = report.count > 0 && report.at - (before?.at ?? 0) >= REPEAT_MS;
    if (!isNew && !isDue) return;
    await (await new Kvm(this.connection).open(COUNTERS)).put(STUCK_KEY, JSON.stringify(report));
    this.written = report;
  }
}

const words: Readonly<Record<Remedy, string>> = {
  remove: "removing from the queue, because the results are stored",
  release: "asking the broker to deliver again",
  renew: "making the consumer again, because the broker delivers some samples only then",
};
