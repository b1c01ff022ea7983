/** Shows the data path: pages, their live data, and the same for scripts and Prometheus. */
import type { NatsConnection } from "@nats-io/transport-node";
import * as path from "node:path";
import { slide } from "../../../packages/samples/index";
import {
  brokerAccess,
  connectBroker,
  createServer,
  Environment,
  EventStream,
  listenAddress,
  message,
  podAccess,
  servePages,
  stopOnSignal,
} from "../../../packages/service/index";
import { Kubernetes } from "./kubernetes";
import { viewerMetrics } from "./metrics";
import { historyPoint, snapshot, systemStats, type HistoryPoint, type Roles, type Snapshot } from "./snapshot";
import { Sources } from "./sources";

const INTERVAL_MS = 1000;
/** What a page that is opened now can show of the past. */
const HISTORY_MS = 120_000;

/** Names of the replication controllers, by role. */
function readRoles(environment: Environment): Roles {
  return {
    producers: [
      environment.text("FELIX_PRODUCER_CONTROLLER", "inaetics-producer-controller"),
      environment.text("CELIX_PRODUCER_CONTROLLER", "inaetics-producer-celix-controller"),
    ],
    processors: {
      felix: environment.text("FELIX_PROCESSOR_CONTROLLER", "inaetics-processor-controller"),
      celix: environment.text("CELIX_PROCESSOR_CONTROLLER", "inaetics-processor-celix-controller"),
    },
  };
}

async function main(): Promise<void> {
  const environment = new Environment(process.env);
  const access = brokerAccess(environment);
  const roles = readRoles(environment);
  const listen = listenAddress(environment);
  environment.check();
  const cluster = podAccess(process.env);
  const kubernetes = cluster === undefined ? undefined : new Kubernetes(cluster);

  let now: Snapshot | undefined;
  let history: readonly HistoryPoint[] = [];
  const stream = new EventStream(() => [
    { event: "history", data: history },
    ...(now === undefined ? [] : [{ event: "snapshot", data: now }]),
  ]);
  let connection: NatsConnection | undefined = undefined;
  let waiting = "not connected to the broker yet";
  const connected = (): NatsConnection => {
    if (connection === undefined) throw new Error(waiting);
    return connection;
  };
  const current = (): Snapshot => now ?? snapshot(sources.known(), roles);
  const server = createServer({
    unhealthy: () => standingStill(now),
    // It shows what it knows, and says what it does not, so it is of use as soon as it has looked once.
    unready: () => (now === undefined ? "not looked yet" : undefined),
    metrics: () => viewerMetrics(current(), stream.size),
  });
  const sources = new Sources(connected, kubernetes, server.log);

  servePages(server, path.join(__dirname, "public"));
  server.get("/coordinator/systemStats", async () => systemStats(current()));
  server.get("/coordinator/stream", (request, reply) => stream.accept(request, reply));

  sources.start();
  const timer = setInterval(() => {
    now = snapshot(sources.known(), roles);
    history = slide(history, historyPoint(now), HISTORY_MS);
    stream.send("snapshot", now);
  }, INTERVAL_MS);
  stopOnSignal(server.log, [
    () => clearInterval(timer),
    () => sources.stop(),
    () => stream.close(),
    () => server.close(),
    () => connection?.drain(),
  ]);
  await server.listen(listen);

  connection = await connectBroker(access, server.log, (reason) => (waiting = reason));
  sources.listen(connection);
  const failure = await connection.closed();
  if (failure instanceof Error) throw failure;
}

function standingStill(now: Snapshot | undefined): string | undefined {
  const age = now === undefined ? 0 : Date.now() - now.at;
  return age > 30_000 ? `the sampling loop has stood still for ${Math.round(age / 1000)} s` : undefined;
}

main().catch((error: unknown) => {
  console.error(`datastore-viewer: ${message(error)}`);
  process.exit(1);
});
