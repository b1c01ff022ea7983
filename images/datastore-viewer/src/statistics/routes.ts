import type { NatsConnection } from "@nats-io/transport-node";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  CLUSTER_INFO_PATH,
  HISTORY_PATH,
  NODES_PATH,
  RESULTS_PATH,
  STATISTICS_PATH,
  UTILISATION_PATH,
  type ClusterInfo,
  type Excerpt,
  type NodeState,
  type StatisticSeries,
  type Utilisation,
} from "@inaetics/model";
import { unavailable } from "@inaetics/service";
import type { ClusterMonitor } from "./cluster";
import type { History } from "./history";
import { parseHistoryQuery, parseNames, parseResultsQuery } from "./queries";
import { ResultReader, resultsCsv } from "./results";
import { statisticShape, UTILISATION } from "./series";

export interface RouteSources {
  readonly history: History;
  readonly cluster: ClusterMonitor;
  readonly connected: () => NatsConnection;
  readonly utilisation: () => number | null;
}

/** Number of the newest seconds that the reference system shows. */
const STATISTIC_POINTS = 24;

/** Adds the read-only routes of the statistics. */
export function statisticsRoutes(server: FastifyInstance, sources: RouteSources): void {
  const { history, cluster } = sources;
  const reader = new ResultReader(sources.connected);
  server.get(`/${STATISTICS_PATH}`, async (request): Promise<readonly StatisticSeries[]> => {
    const names = parseNames(request.raw.url ?? "", history.names);
    return history.excerpt(STATISTIC_POINTS, names).series.map(statisticShape);
  });
  server.get(`/${UTILISATION_PATH}`, async () => utilisationShape(sources.utilisation()));
  server.get(`/${HISTORY_PATH}`, async (request): Promise<Excerpt> => {
    const { names, seconds } = parseHistoryQuery(request.query, history.names);
    return history.excerpt(seconds, names);
  });
  server.get(`/${NODES_PATH}`, async () => known(cluster));
  server.get(`/${CLUSTER_INFO_PATH}`, async () => known(cluster).map((node) => clusterInfo(node, cluster)));
  server.get(`/${RESULTS_PATH}`, (request, reply) => results(reader, request, reply));
}

/** Uses the display name, because the reference system has no short name here. */
function utilisationShape(value: number | null): Utilisation {
  const { displayName, type, unit } = UTILISATION;
  return { name: displayName, type, unit, value };
}

function known(cluster: ClusterMonitor): readonly NodeState[] {
  const nodes = cluster.nodes(Date.now());
  if (nodes === undefined) throw unavailable(`the nodes are not known: ${cluster.problem}`);
  return nodes;
}

/** Returns a node in the reference system's shape; null where not known. */
function clusterInfo({ name, address, pods }: NodeState, cluster: ClusterMonitor): ClusterInfo {
  const containerList = pods.map((pod) => ({
    name: pod.name,
    cpuUsage: pod.cpu,
    avgLoad: null,
    usedMem: cluster.used(name, pod.name),
    hotMem: pod.memory,
  }));
  return { ipAddress: address, containerList };
}

async function results(reader: ResultReader, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { format, ...query } = parseResultsQuery(request.query);
  const page = await reader.page(query);
  if (format === "json") return reply.send(page);
  return reply
    .headers({
      "content-disposition": 'attachment; filename="results.csv"',
      ...(page.next === null ? {} : { "x-next": String(page.next) }),
    })
    .type("text/csv; charset=utf-8")
    .send(resultsCsv(page.results));
}
