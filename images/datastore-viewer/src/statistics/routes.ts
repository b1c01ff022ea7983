import type { NatsConnection } from "@nats-io/transport-node";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { unavailable } from "@inaetics/service";
import type { ClusterWatch } from "./cluster";
import type { History } from "./history";
import type { NodeState } from "./nodes";
import { parseHistoryQuery, parseNames, parseResultsQuery } from "./queries";
import { ResultReader, resultsCsv } from "./results";
import { statisticShape, UTILISATION } from "./series";

export interface RouteSources {
  readonly history: History;
  readonly cluster: ClusterWatch;
  readonly connected: () => NatsConnection;
  readonly utilisation: () => number | null;
}

/** Number of the newest seconds that the reference system shows. */
const STATISTIC_POINTS = 24;

/** Adds the read-only routes of the statistics. */
export function statisticsRoutes(server: FastifyInstance, sources: RouteSources): void {
  const { history, cluster } = sources;
  const reader = new ResultReader(sources.connected);
  server.get("/coordinator/statistics", async (request) => {
    const names = parseNames(request.raw.url ?? "", history.names);
    return history.excerpt(STATISTIC_POINTS, names).series.map(statisticShape);
  });
  server.get("/coordinator/utilisation", async () => ({ ...reference(), value: sources.utilisation() }));
  server.get("/coordinator/history", async (request) => {
    const { names, seconds } = parseHistoryQuery(request.query, history.names);
    return history.excerpt(seconds, names);
  });
  server.get("/coordinator/nodes", async () => known(cluster));
  server.get("/coordinator/clusterInfo", async () => known(cluster).map((node) => clusterInfo(node, cluster)));
  server.get("/coordinator/results", (request, reply) => results(reader, request, reply));
}

/** Uses the display name, because the reference system has no short name here. */
function reference(): object {
  const { displayName, type, unit } = UTILISATION;
  return { name: displayName, type, unit };
}

function known(cluster: ClusterWatch): readonly NodeState[] {
  const nodes = cluster.nodes(Date.now());
  if (nodes === undefined) throw unavailable(`the nodes are not known: ${cluster.problem}`);
  return nodes;
}

/**
 * Node in the reference system's shape: cores and bytes, null where not known. Kubelets do not report the average load.
 */
function clusterInfo({ name, address, pods }: NodeState, cluster: ClusterWatch): object {
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
