import {
  formatReplicas,
  type AgentStatistic,
  type CoordinatorStats,
  type DataPathSnapshot,
  type RoleReplicas,
  type StoreFigures,
  type SystemStats,
} from "@inaetics/model";
import type { QueueFigures } from "@inaetics/samples";
import type { ControllerState } from "@inaetics/service";

/** Readings of all parts at one moment; undefined where a part does not answer. */
export interface Known {
  readonly at: number;
  readonly queue: QueueFigures | undefined;
  readonly store: StoreFigures | undefined;
  readonly controllers: readonly ControllerState[] | undefined;
  readonly ratePercent: number | undefined;
  /** Number of samples that the queue agent reports as stuck; null before its first report. */
  readonly stuck?: number | null;
  readonly agents: readonly AgentStatistic[];
  /** Last known totals. They are counters that only grow, so an old value is outdated but not wrong. */
  readonly totals: {
    readonly accepted: number | null;
    readonly rejected: number | null;
    readonly results: number | null;
  };
  /** Reason why a part is not known, by the part's name. */
  readonly problems: Readonly<Record<string, string>>;
}

/** Controllers by role, as the environment names them. */
export interface Roles {
  readonly producers: readonly string[];
  readonly processors: Readonly<Record<string, string>>;
}

/** Returns the data path as pages and scripts get it; null where a part is not known now. */
export function snapshot(known: Known, roles: Roles): DataPathSnapshot {
  const { controllers, queue, store } = known;
  const replicas = (names: readonly string[]): RoleReplicas | null =>
    controllers === undefined ? null : sum(controllers.filter((each) => names.includes(each.name)));
  return {
    at: known.at,
    productionRate: queue?.putRate ?? null,
    processingRate: store?.rate ?? null,
    ratePercent: known.ratePercent ?? null,
    producers: replicas(roles.producers),
    processors: replicas(Object.values(roles.processors)),
    processorsByKind: controllers === undefined ? null : byKind(controllers, roles),
    ...known.totals,
    queue: queue ?? null,
    store: store ?? null,
    stuck: known.stuck ?? null,
    agents: known.agents,
    problems: known.problems,
  };
}

function byKind(controllers: readonly ControllerState[], roles: Roles): Readonly<Record<string, RoleReplicas>> {
  const kinds = Object.entries(roles.processors).map(
    ([kind, name]) => [kind, sum(controllers.filter((each) => each.name === name))] as const,
  );
  return Object.fromEntries(kinds);
}

function sum(controllers: readonly ControllerState[]): RoleReplicas {
  return {
    running: controllers.reduce((total, each) => total + each.ready, 0),
    requested: controllers.reduce((total, each) => total + each.requested, 0),
  };
}

/** The answer of /coordinator/systemStats: the reference system's three fields, and ours. */
export function systemStats(now: DataPathSnapshot): Omit<SystemStats, keyof CoordinatorStats> {
  return {
    productionRate: now.productionRate,
    processors: written(now.processors),
    producers: written(now.producers),
    processingRate: now.processingRate,
    results: now.results,
    accepted: now.accepted,
    rejected: now.rejected,
    ratePercent: now.ratePercent,
    queue: now.queue,
    stuck: now.stuck ?? null,
    problems: now.problems,
  };
}

function written(replicas: RoleReplicas | null): string {
  return formatReplicas(replicas === null ? null : { ready: replicas.running, requested: replicas.requested });
}
