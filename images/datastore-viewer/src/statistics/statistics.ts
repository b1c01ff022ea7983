import type { NatsConnection } from "@nats-io/transport-node";
import type { FastifyInstance } from "fastify";
import { RATE_WINDOW_MS, perSecond, slideCounter, type Counted } from "@inaetics/samples";
import type { KubernetesAccess, Metric } from "@inaetics/service";
import type { Log } from "@inaetics/base";
import { statisticsMetrics } from "../metrics";
import type { Snapshot } from "../snapshot";
import { AgentListener, utilisation, type AgentRate } from "./agents";
import { ClusterWatch, type SeenNode } from "./cluster";
import { History } from "./history";
import { LatencyListener, type Percentiles } from "./latency";
import type { Move } from "./moves";
import { Redeliveries } from "./redeliveries";
import { statisticsRoutes } from "./routes";
import { observe } from "./series";

export interface StatisticsDependencies {
  /** Gives the connection to the broker, or throws while there is none yet. */
  readonly connected: () => NatsConnection;
  /** The API server; undefined outside of a Kubernetes cluster. A client of its own: a node that hangs delays nobody else. */
  readonly access: KubernetesAccess | undefined;
  /** What the viewer knows now; asked each second. */
  readonly current: () => Snapshot;
  readonly log: Log;
  /**
   * Hears that a pod's work goes on in another pod on another node: one event of kind "moved", source "cluster".
   * `upgrading` tells that the node it left is being upgraded.
   */
  readonly onMove?: (move: Move, upgrading: boolean) => void;
  /** Hears of the nodes at each look at them. */
  readonly onNodes?: (nodes: readonly SeenNode[]) => void;
}

/** What the statistics add to a snapshot. Null: not known now. */
export interface SnapshotParts {
  /** Milliseconds from a sample's time to its result's storing, of the last 10 s. */
  readonly latency: Percentiles;
  /** How often samples were delivered again since the queue's consumer was made. */
  readonly redelivered: number | null;
  /** How often containers of the pods that exist now were started again. */
  readonly restarts: number | null;
  /** Kubernetes versions that nodes are being upgraded to, by node. */
  readonly upgrades: Readonly<Record<string, string>> | null;
  /** Samples per second that each agent accepted or processed over the last 5 s, by pod. */
  readonly agentRates: Readonly<Record<string, number | null>>;
  /** What producers measurably make of what they could, in percent. */
  readonly utilisation: number | null;
}

/**
 * Measures, remembers and shows what the data path and the nodes do. To be wired so:
 *
 * - `new Statistics(...)`, then `routes(server)` before the server listens;
 * - `start()` together with the other sources: it samples each second from then on, whether or not anyone looks;
 * - `listen(connection)` once there is a connection to the broker (it outlives reconnections);
 * - `{...snapshot, ...snapshotParts()}` for /coordinator/stream, `[...viewerMetrics(), ...metrics()]` for /metrics;
 * - `stop()` before the server closes.
 */
export class Statistics {
  readonly history = new History();
  private readonly agents = new AgentListener();
  private readonly latency = new LatencyListener();
  private readonly redeliveries: Redeliveries;
  private readonly cluster: ClusterWatch;
  private rejected: readonly Counted[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly dependencies: StatisticsDependencies) {
    this.redeliveries = new Redeliveries(dependencies.connected);
    this.cluster = new ClusterWatch(dependencies);
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

  snapshotParts(now: number = Date.now()): SnapshotParts {
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
    return statisticsMetrics(
      this.dependencies.current(),
      this.snapshotParts(now),
      this.rates(now),
      this.cluster.nodes(now),
    );
  }

  private rates(now: number = Date.now()): readonly AgentRate[] {
    return this.agents.rates.list(now);
  }

  /** Samples in the middle of each second: a timer that drifts would leave a second out now and then. */
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
    // The total outlives its source: while nobody counts, it stands still and is not 0 per second.
    const total = now.problems["rejected"] === undefined ? now.rejected : null;
    this.rejected = total === null ? [] : slideCounter(this.rejected, { at, total }, RATE_WINDOW_MS);
    const rejectionRate = perSecond(this.rejected, (each) => each.total);
    this.history.add(at, observe(now, this.snapshotParts(at), rejectionRate, this.rates(at)));
  }
}
