import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import {
  addReading,
  COUNTERS,
  parseJson,
  perSecond,
  queueFigures,
  RATE_KEY,
  RATE_WINDOW_MS,
  rateSchema,
  REJECTED_KEY,
  rejectionStateSchema,
  RESULTS,
  SETTINGS,
  slideCounter,
  STATISTICS_SUBJECTS,
  statisticSchema,
  statisticsPod,
  STUCK_FRESH_MS,
  STUCK_KEY,
  stuckProblem,
  stuckReportSchema,
  type Counted,
  type QueueReading,
  type StuckReport,
} from "@inaetics/samples";
import {
  Poller,
  readControllers,
  readQueue,
  readStream,
  type ControllerState,
  type KubernetesClient,
  type PollerOptions,
} from "@inaetics/service";
import type { Log } from "@inaetics/base";
import type { AgentStatistic, StoreFigures } from "@inaetics/model";
import type { Known } from "./snapshot";

/** Age in ms after which a reading is no longer shown as current. */
const FRESH_MS = 5000;
const TIMEOUT_MS = 4000;
/** Largest number of pods listed, because a stranger on the subject must not fill the memory. */
const MOST_PODS = 200;

interface StoreReading extends Counted {
  readonly kept: number;
  readonly capacity: number;
}

interface StreamReadings {
  readonly queue: QueueReading;
  readonly store: StoreReading;
}

/** Polls every source of the pages, each in its own loop. A source that does not answer delays no other. */
export class Sources {
  private queueWindow: readonly QueueReading[] = [];
  private storeWindow: readonly Counted[] = [];
  private readonly agents = new Map<string, { readonly statistic: AgentStatistic; readonly at: number }>();
  private readonly streams: Poller<StreamReadings>;
  private readonly rejected: Poller<number>;
  private readonly rate: Poller<number>;
  private readonly stuck: Poller<StuckReport | undefined>;
  private readonly controllers: Poller<readonly ControllerState[]>;

  constructor(
    /** Returns the connection, or throws while none exists yet. */
    private readonly connected: () => NatsConnection,
    kubernetes: KubernetesClient | undefined,
    log: Log,
  ) {
    const poller = <T>(name: string, options: Pick<PollerOptions<T>, "read" | "intervalMs" | "onValue">): Poller<T> =>
      new Poller({
        timeoutMs: TIMEOUT_MS,
        onChange: (error) => log.info(error === undefined ? `${name}: known` : `${name}: unknown: ${error}`),
        ...options,
      });
    this.streams = poller("streams", {
      read: () => this.readStreams(),
      intervalMs: 1000,
      onValue: ({ queue, store }) => {
        this.queueWindow = addReading(this.queueWindow, queue);
        this.storeWindow = slideCounter(this.storeWindow, store, RATE_WINDOW_MS);
      },
    });
    this.rejected = poller("rejected", { read: () => this.readRejected(), intervalMs: 1000 });
    this.rate = poller("rate", { read: () => this.readRate(), intervalMs: 1000 });
    this.stuck = poller("samples", { read: () => this.readStuck(), intervalMs: 5000 });
    this.controllers = poller("controllers", {
      read: () => {
        if (kubernetes === undefined) throw new Error("this process runs outside of a Kubernetes cluster");
        return readControllers(kubernetes, TIMEOUT_MS);
      },
      intervalMs: 2000,
    });
  }

  start(): void {
    for (const each of this.pollers()) each.start();
  }

  stop(): void {
    for (const each of this.pollers()) each.stop();
  }

  /** Subscribes to the agents' reports; call it once per connection. */
  listen(connection: NatsConnection): void {
    connection.subscribe(STATISTICS_SUBJECTS, {
      callback: (error, received) => {
        const pod = statisticsPod(received.subject);
        const statistic = parseJson(statisticSchema, received.data);
        if (error !== null || pod === undefined || !statistic.ok) return;
        if (!this.agents.has(pod) && this.agents.size >= MOST_PODS) return;
        this.agents.set(pod, { statistic: { pod, ...statistic.value }, at: Date.now() });
      },
    });
  }

  known(now: number = Date.now()): Known {
    const fresh = this.streams.fresh(FRESH_MS, now) !== undefined;
    const last = this.streams.reading.value;
    return {
      at: now,
      queue: fresh ? queueFigures(this.queueWindow, this.rejected.reading.value ?? null) : undefined,
      store: fresh && last !== undefined ? this.storeFigures(last.store) : undefined,
      controllers: this.controllers.fresh(FRESH_MS, now),
      ratePercent: this.rate.fresh(FRESH_MS, now),
      stuck: this.stuck.fresh(STUCK_FRESH_MS, now)?.count ?? null,
      agents: this.listAgents(now),
      totals: {
        accepted: last?.queue.accepted ?? null,
        rejected: this.rejected.reading.value ?? null,
        results: last?.store.total ?? null,
      },
      problems: this.problems(now),
    };
  }

  private pollers(): readonly Poller<unknown>[] {
    return [this.streams, this.rejected, this.rate, this.stuck, this.controllers] as readonly Poller<unknown>[];
  }

  private problems(now: number): Readonly<Record<string, string>> {
    const parts = { streams: this.streams, rejected: this.rejected, rate: this.rate, controllers: this.controllers };
    const unknown = Object.entries(parts).filter(([, poller]) => poller.fresh(FRESH_MS, now) === undefined);
    const report = this.stuck.fresh(STUCK_FRESH_MS, now);
    const stuck = report === undefined ? undefined : stuckProblem(report);
    return {
      ...Object.fromEntries(unknown.map(([name, poller]) => [name, poller.reading.error ?? "no answer yet"])),
      ...(stuck === undefined ? {} : { samples: stuck }),
    };
  }

  private listAgents(now: number): readonly AgentStatistic[] {
    for (const [pod, { at }] of this.agents) if (now - at > FRESH_MS) this.agents.delete(pod);
    const statistics = [...this.agents.values()].map((each) => each.statistic);
    return statistics.sort((a, b) => (a.pod < b.pod ? -1 : 1));
  }

  private async readStreams(): Promise<StreamReadings> {
    const manager = await jetstreamManager(this.connected(), { checkAPI: false, timeout: TIMEOUT_MS });
    // Reads the store first. Each result's sample was accepted, so the page never shows more results than samples.
    const { config, state } = await readStream(manager, RESULTS);
    const store = { at: Date.now(), total: state.last_seq, kept: state.messages, capacity: config.max_msgs };
    return { store, queue: await readQueue(manager) };
  }

  private storeFigures({ total, kept, capacity }: StoreReading): StoreFigures {
    const rate = perSecond(this.storeWindow, (each) => each.total);
    const utilisation = Math.round((10_000 * kept) / capacity) / 100;
    return { results: total, kept, capacity, utilisation, rate: rate === null ? null : Math.round(rate * 100) / 100 };
  }

  private async readRejected(): Promise<number> {
    const entry = await this.entry(COUNTERS, REJECTED_KEY);
    // Nothing written means that no sample was refused, because the queue agent writes the first refusal.
    if (entry === undefined) return 0;
    const state = parseJson(rejectionStateSchema, entry);
    if (!state.ok) throw new Error(`the stored count cannot be read: ${state.problem}`);
    return state.value.total;
  }

  /** The queue agent's report of stuck samples; undefined when none exists, or it is old. */
  private async readStuck(): Promise<StuckReport | undefined> {
    const entry = await this.entry(COUNTERS, STUCK_KEY);
    const report = entry === undefined ? undefined : parseJson(stuckReportSchema, entry);
    if (report?.ok !== true) return undefined;
    const isCurrent = report.value.count === 0 || Date.now() - report.value.at <= STUCK_FRESH_MS;
    return isCurrent ? report.value : undefined;
  }

  private async readRate(): Promise<number> {
    const entry = await this.entry(SETTINGS, RATE_KEY);
    if (entry === undefined) throw new Error("not set yet");
    const rate = parseJson(rateSchema, entry);
    if (!rate.ok) throw new Error(`the setting "${entry.slice(0, 20)}" cannot be read: ${rate.problem}`);
    return rate.value;
  }

  private async entry(bucket: string, key: string): Promise<string | undefined> {
    const entry = await (await new Kvm(this.connected()).open(bucket)).get(key);
    return entry === null || entry.operation !== "PUT" ? undefined : entry.string();
  }
}
