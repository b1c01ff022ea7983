import type { NatsConnection } from "@nats-io/transport-node";
import type { FastifyInstance } from "fastify";
import { RATE_WINDOW_MS, perSecond, slideCounter, type Counted } from "@inaetics/samples";
import type { KubernetesAccess, Metric } from "@inaetics/service";
import type { Log } from "@inaetics/base";
import type { DataPathSnapshot, StatisticsSnapshot } from "@inaetics/model";
import { AgentListener, utilisation, type AgentRate } from "./agents";
import { ClusterMonitor, type ObservedNode } from "./cluster";
import { History } from "./history";
import { LatencyListener } from "./latency";
import { statisticsMetrics } from "./metrics";
import type { Move } from "./moves";
import { Redeliveries } from "./redeliveries";
import { statisticsRoutes } from "./routes";
import { observe } from "./series";

export interface StatisticsDependencies {
  /** Returns the connection to the broker, or throws while none exists yet. */
  readonly connected: () => NatsConnection;
  /**
   * API server; undefined outside of a Kubernetes cluster. The statistics use their own client, so that a node that
   * hangs delays no other part.
   */
  readonly access: KubernetesAccess | undefined;
  /** Returns the viewer's current snapshot; called each second. */
  readonly current: () => DataPathSnapshot;
  readonly log: Log;
  /**
   * Called when a pod's work moved to another pod on another node: one event of kind "moved", source "cluster".
   * `upgrading` is true when the node that it left is being upgraded.
   */
  readonly onMove?: (move: Move, upgrading: boolean) => void;
  /** Called with the nodes at each poll. */
  readonly onNodes?: (nodes: readonly ObservedNode[]) => void;
}

/**
 * Measures, stores and shows the activity of the data path and the nodes. Usage:
 *
 * - `new Statistics(...)`, then `routes(server)` before the server listens;
 * - `start()` together with the other sources: it samples each second from then on, even when no page is open;
 * - `listen(connection)` once the broker is connected (it survives reconnections);
 * - `snapshotParts()` for /coordinator/stream, `metrics()` for /metrics;
 * - `stop()` before the server closes.
 */
export class Statistics {
  readonly history = new History();
  private readonly agents = new AgentListener();
  private readonly latency = new LatencyListener();
  private readonly redeliveries: Redeliveries;
  private readonly cluster: ClusterMonitor;
  private rejected: readonly Counted[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly dependencies: StatisticsDependencies) {
    this.redeliveries = new Redeliveries(dependencies.connected);
    this.cluster = new ClusterMonitor(dependencies);
  }

  start(): void {
    this.redeliveries.start();
    this.cluster.start();
    this.wait();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.agents.stop();
    this.latency.stop();
    this.redeliveries.stop();
    this.cluster.stop();
  }

  /** Follows agents and results on the broker. */
  listen(connection: NatsConnection): void {
    this.agents.listen(connection);
    this.latency.listen(connection);
  }

  /** GET /coordinator/{statistics,utilisation,clusterInfo,history,nodes,results}. */
  routes(server: FastifyInstance): void {
    const { connected } = this.dependencies;
    statisticsRoutes(server, {
      history: this.history,
      cluster: this.cluster,
      connected,
      utilisation: () => utilisation(this.rates()),
    });
  }

  snapshotParts(now: number = Date.now()): StatisticsSnapshot {
    const agents = this.rates(now);
    return {
      latency: this.latency.latencies.percentiles(now),
      redelivered: this.redeliveries.total(now),
      restarts: this.cluster.restarts(now),
      upgrades: this.cluster.upgrades(now),
      agentRates: Object.fromEntries(agents.map(({ pod, rate }) => [pod, rate])),
      utilisation: utilisation(agents),
    };
  }

  metrics(now: number = Date.now()): readonly Metric[] {
    return statisticsMetrics(this.snapshotParts(now), this.rates(now), this.cluster.nodes(now));
  }

  private rates(now: number = Date.now()): readonly AgentRate[] {
    return this.agents.rates.list(now);
  }

  /** Samples in the middle of each second, because a timer that drifts would sometimes skip a second. */
  private wait(): void {
    const now = Date.now();
    this.timer = setTimeout(
      () => {
        this.sample(Date.now());
        this.wait();
      },
      1500 - (now % 1000),
    );
  }

  private sample(at: number): void {
    const now = this.dependencies.current();
    // The total survives its source. While nothing is counted it stands still, which does not mean 0 per second.
    const total = now.problems["rejected"] === undefined ? now.rejected : null;
    this.rejected = total === null ? [] : slideCounter(this.rejected, { at, total }, RATE_WINDOW_MS);
    const rejectionRate = perSecond(this.rejected, (each) => each.total);
    this.history.add(at, observe(now, this.snapshotParts(at), rejectionRate, this.rates(at)));
  }
}
