import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import {
  addReading,
  queueFigures,
  statisticsSubject,
  STUCK_FRESH_MS,
  type QueueReading,
  type Statistic,
} from "@inaetics/samples";
import { Poller, readQueue } from "@inaetics/service";
import type { Log } from "@inaetics/base";
import type { QueueAnswer } from "@inaetics/model";
import { copiesWanted } from "./limit";
import type { QueueSettings } from "./plan";
import { reconcile } from "./reconcile";
import { RejectedCounter } from "./rejected";
import { StuckSamples } from "./stuck";

/** Figures older than this are not given out: the coordinator that scales by them must rather hold. */
const FRESH_MS = 5000;
/** The broker elects leaders and moves streams in this time; requests that take longer are repeated anyway. */
const REQUEST_MS = 4000;

/** Reason why no fresh figures exist. */
export interface Unknown {
  readonly unknown: string;
}

/** Keeps the broker's streams as wanted and measures the queue each second, also without requests. */
export class QueueMonitor {
  private window: readonly QueueReading[] = [];
  private readonly rejected: RejectedCounter;
  private readonly stuck: StuckSamples;
  private readonly pollers: readonly { start(): unknown; stop(): void }[];
  private readonly reconciler: Poller<true>;
  private readonly measurer: Poller<QueueReading>;

  constructor(
    private readonly connection: NatsConnection,
    settings: QueueSettings,
    private readonly pod: string,
    log: Log,
  ) {
    this.rejected = new RejectedCounter(connection, log);
    this.stuck = new StuckSamples(connection, pod, log);
    this.reconciler = new Poller<true>({
      read: async () => {
        const replicas = copiesWanted(settings.replicas);
        await reconcile(connection, await this.manager(), { ...settings, replicas }, log);
        return true;
      },
      // Retries soon while it fails, because the broker may be starting. Checks seldom later, in case a stream is removed.
      intervalMs: 15_000,
      retryMs: 1000,
      timeoutMs: 30_000,
      onChange: (error) =>
        log.info(error === undefined ? "streams are as wanted" : `streams are not as wanted: ${error}`),
    });
    this.measurer = new Poller<QueueReading>({
      read: async () => readQueue(await this.manager()),
      intervalMs: 1000,
      timeoutMs: REQUEST_MS,
      onValue: (reading) => this.measured(reading),
      onChange: (error) => log.info(error === undefined ? "queue is measured" : `queue cannot be measured: ${error}`),
    });
    const saver = new Poller<void>({
      read: () => this.rejected.save(),
      intervalMs: 1000,
      timeoutMs: REQUEST_MS,
      onChange: (error) =>
        log.info(error === undefined ? "refused samples are counted" : `refused samples are not stored: ${error}`),
    });
    const finder = new Poller<void>({
      read: () => this.stuck.round(),
      intervalMs: 5000,
      // Longer than reading all results. A round must not begin before the last one has ended.
      timeoutMs: 120_000,
      onChange: (error) =>
        log.info(error === undefined ? "deliveries are checked" : `deliveries cannot be checked: ${error}`),
    });
    this.pollers = [this.reconciler, this.measurer, saver, finder];
  }

  start(): void {
    this.rejected.listen();
    for (const poller of this.pollers) poller.start();
  }

  stop(): void {
    for (const poller of this.pollers) poller.stop();
  }

  /** Returns the figures, or why no fresh ones exist. */
  figures(now: number = Date.now()): QueueAnswer | Unknown {
    const figures = queueFigures(this.window, this.rejected.total);
    const { report } = this.stuck;
    const stuck = report !== undefined && now - report.at <= STUCK_FRESH_MS ? report : null;
    if (figures !== undefined && now - figures.at <= FRESH_MS) return { ...figures, stuck };
    const age =
      figures === undefined ? "never measured" : `last measured ${Math.round((now - figures.at) / 1000)} s ago`;
    const reason = this.measurer.reading.error ?? this.reconciler.reading.error ?? "no answer yet";
    return { unknown: `${age}: ${reason}` };
  }

  /** Returns why the queue cannot be used through this agent's streams yet. Undefined when it can. */
  unready(): string | undefined {
    if (this.reconciler.reading.value === undefined)
      return `streams not made yet: ${this.reconciler.reading.error ?? ""}`;
    const figures = this.figures();
    return "unknown" in figures ? figures.unknown : undefined;
  }

  /** Reports a loop that stands still for 30 s, which only a restart can repair. */
  unhealthy(now: number = Date.now()): string | undefined {
    const silent = now - this.measurer.lastTick;
    return silent > 30_000 ? `the measuring loop has stood still for ${Math.round(silent / 1000)} s` : undefined;
  }

  private manager(): Promise<JetStreamManager> {
    // checkAPI would ask for the account's limits each time.
    return jetstreamManager(this.connection, { checkAPI: false, timeout: REQUEST_MS });
  }

  private measured(reading: QueueReading): void {
    this.window = addReading(this.window, reading);
    const figures = this.figures();
    if ("unknown" in figures || this.connection.isClosed()) return;
    const statistic: Statistic = {
      name: "queue",
      displayName: "Queue",
      type: "utilization",
      unit: "%",
      value: figures.utilisation,
      kind: "queue",
    };
    this.connection.publish(statisticsSubject(this.pod), JSON.stringify(statistic));
  }
}
