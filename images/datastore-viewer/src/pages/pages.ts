import type { NatsConnection } from "@nats-io/transport-node";
import type { FastifyInstance } from "fastify";
import * as path from "node:path";
import type { Log } from "@inaetics/base";
import {
  STREAM_PATH,
  SYSTEM_STATS_PATH,
  type CoordinatorSnapshot,
  type CoordinatorStats,
  type DataPathSnapshot,
  type Snapshot,
  type StatisticsSnapshot,
  type StoredEvent,
  type SystemStats,
} from "@inaetics/model";
import {
  EventStream,
  KubernetesClient,
  servePages,
  type KubernetesAccess,
  type Metric,
  type StreamEvent,
} from "@inaetics/service";
import { pageMetrics } from "./metrics";
import { snapshot, systemStats, type Roles } from "./snapshot";
import { Sources } from "./sources";

export interface PagesParts {
  /** Returns the connection to the broker, or throws while none exists yet. */
  readonly connected: () => NatsConnection;
  /** API server; undefined outside of a Kubernetes cluster. */
  readonly access: KubernetesAccess | undefined;
  readonly roles: Roles;
  /** Port of provisioning's pages. Pages link to it, because both services run on the same boxes. */
  readonly provisioningPort: number;
  /** Returns the parts of a snapshot that statistics and coordinator add. */
  readonly others: () => StatisticsSnapshot & CoordinatorSnapshot;
  /** Returns the part of /coordinator/systemStats that the coordinator adds. */
  readonly coordinatorStats: () => CoordinatorStats;
  /** Returns the events that a page gets when it connects, from the last id that it got. */
  readonly greeting: (lastId: string | undefined) => readonly StreamEvent[];
  readonly log: Log;
}

const INTERVAL_MS = 1000;
const STILL_MS = 30_000;

/** Serves the pages and what they show: a snapshot each second, and the events. The same for scripts and Prometheus. */
export class Pages {
  private readonly sources: Sources;
  private readonly stream: EventStream;
  private now: DataPathSnapshot | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: PagesParts) {
    const { connected, access, log, greeting } = parts;
    const client = access === undefined ? undefined : new KubernetesClient(access);
    this.sources = new Sources(connected, client, log);
    this.stream = new EventStream((lastId) => [
      ...(this.now === undefined ? [] : [{ event: "snapshot", data: this.whole(this.now) }]),
      ...greeting(lastId),
    ]);
  }

  start(): void {
    this.sources.start();
    this.timer = setInterval(() => {
      this.now = this.read();
      this.stream.send("snapshot", this.whole(this.now));
    }, INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.sources.stop();
    this.stream.close();
  }

  /** Follows the agents' reports on the broker. */
  listen(connection: NatsConnection): void {
    this.sources.listen(connection);
  }

  /** Adds the pages, GET /coordinator/systemStats and GET /coordinator/stream. */
  routes(server: FastifyInstance): void {
    servePages(server, path.join(__dirname, "public"));
    server.get(`/${SYSTEM_STATS_PATH}`, async (): Promise<SystemStats> => {
      return { ...systemStats(this.current()), ...this.parts.coordinatorStats() };
    });
    server.get(`/${STREAM_PATH}`, (request, reply) => this.stream.accept(request, reply));
  }

  /** The newest snapshot of the data path. */
  current(): DataPathSnapshot {
    return this.now ?? this.read();
  }

  /** Sends an event to all open pages. */
  send(event: StoredEvent): void {
    this.stream.send("log", event, String(event.id));
  }

  metrics(): readonly Metric[] {
    return pageMetrics(this.current(), this.stream.size);
  }

  /** Reason why this process cannot continue. */
  unhealthy(): string | undefined {
    const age = this.now === undefined ? 0 : Date.now() - this.now.at;
    return age > STILL_MS ? `the sampling loop has stood still for ${Math.round(age / 1000)} s` : undefined;
  }

  /** Unknown values are shown as such, so the pages are ready after the first reading. */
  unready(): string | undefined {
    return this.now === undefined ? "not read yet" : undefined;
  }

  private read(): DataPathSnapshot {
    return snapshot(this.sources.known(), this.parts.roles);
  }

  private whole(now: DataPathSnapshot): Snapshot {
    return { ...now, provisioningPort: this.parts.provisioningPort, ...this.parts.others() };
  }
}
