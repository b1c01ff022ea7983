import type { QueueFigures, Statistic } from "@inaetics/samples";
import type { ControllerState } from "./kubernetes";
import { type CoordinatorStats, formatReplicas, type SystemStats } from "@inaetics/model";

/** Readings of all parts at one moment; undefined where a part does not answer. */
export interface Known {
  readonly at: number;
  readonly queue: QueueFigures | undefined;
  readonly store: StoreFigures | undefined;
  readonly controllers: readonly ControllerState[] | undefined;
  readonly ratePercent: number | undefined;
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

/** Figures of the data store: results stored since its creation, kept now, and its capacity. */
export interface StoreFigures {
  readonly results: number;
  readonly kept: number;
  readonly capacity: number;
  /** Fill in percent. */
  readonly utilisation: number;
  /** Results stored per second; null while not known yet. */
  readonly rate: number | null;
}

export interface AgentStatistic extends Statistic {
  readonly pod: string;
}

/** Running and requested replicas of a role; null when the API server does not answer. */
export interface Replicas {
  readonly running: number;
  readonly requested: number;
}

/** Controllers by role, as the environment names them. */
export interface Roles {
  readonly producers: readonly string[];
  readonly processors: Readonly<Record<string, string>>;
}

/** Data that pages and scripts get. Null: not known now. */
export interface Snapshot {
  readonly at: number;
  /** Samples accepted per second. */
  readonly productionRate: number | null;
  /** Results stored per second. */
  readonly processingRate: number | null;
  readonly ratePercent: number | null;
  readonly producers: Replicas | null;
  readonly processors: Replicas | null;
  readonly processorsByKind: Readonly<Record<string, Replicas>> | null;
  readonly accepted: number | null;
  readonly rejected: number | null;
  readonly results: number | null;
  readonly queue: QueueFigures | null;
  readonly store: StoreFigures | null;
  readonly agents: readonly AgentStatistic[];
  readonly problems: Readonly<Record<string, string>>;
}

export function snapshot(known: Known, roles: Roles): Snapshot {
  const { controllers, queue, store } = known;
  const replicas = (names: readonly string[]): Replicas | null =>
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
    agents: known.agents,
    problems: known.problems,
  };
}

function byKind(controllers: readonly ControllerState[], roles: Roles): Readonly<Record<string, Replicas>> {
  const kinds = Object.entries(roles.processors).map(
    ([kind, name]) => [kind, sum(controllers.filter((each) => each.name === name))] as const,
  );
  return Object.fromEntries(kinds);
}

function sum(controllers: readonly ControllerState[]): Replicas {
  return {
    running: controllers.reduce((total, each) => total + each.ready, 0),
    requested: controllers.reduce((total, each) => total + each.requested, 0),
  };
}

/** The answer of /coordinator/systemStats: the reference system's three fields, and ours. */
export function systemStats(now: Snapshot): Omit<SystemStats, keyof CoordinatorStats> {
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
    problems: now.problems,
  };
}

function written(replicas: Replicas | null): string {
  return formatReplicas(replicas === null ? null : { ready: replicas.running, requested: replicas.requested });
}
