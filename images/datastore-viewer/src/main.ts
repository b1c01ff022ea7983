/** Shows and steers the data path: pages, their live data, the same for scripts and Prometheus, and the coordinator. */
import type { NatsConnection } from "@nats-io/transport-node";
import * as path from "node:path";
import {
  brokerAccess,
  connectBroker,
  createServer,
  Environment,
  EventStream,
  listenAddress,
  Login,
  loginSettings,
  podAccess,
  servePages,
  stopOnSignal,
} from "@inaetics/service";
import { message } from "@inaetics/base";
import { Coordinator, coordinatorSettings } from "./coordinator/coordinator";
import { Kubernetes } from "./kubernetes";
import { viewerMetrics } from "./metrics";
import { snapshot, systemStats, type Roles, type Snapshot } from "./snapshot";
import { Sources } from "./sources";
import { Statistics } from "./statistics";

const INTERVAL_MS = 1000;
async function main(): Promise<void> {
  const environment = new Environment(process.env);
  const broker = brokerAccess(environment);
  const settings = coordinatorSettings(environment);
  const people = loginSettings(environment);
  const listen = listenAddress(environment);
  // Pages link to this port, because both services run on the same boxes.
  const provisioningPort = environment.integer("PROVISIONING_PORT", { min: 1, max: 65535 }, 90);
  environment.check();
  const access = podAccess(process.env);
  const { processors, producers } = settings.controllers;
  const roles: Roles = { producers: Object.values(producers), processors };

  let now: Snapshot | undefined;
  const all = (): object => ({
    ...now,
    provisioningPort,
    ...statistics.snapshotParts(),
    ...coordinator.snapshotParts(),
  });
  const stream = new EventStream((lastId) => [
    ...(now === undefined ? [] : [{ event: "snapshot", data: all() }]),
    ...coordinator.greeting(lastId),
  ]);
  let connection: NatsConnection | undefined = undefined;
  let waiting = "not connected to the broker yet";
  const connected = (): NatsConnection => {
    if (connection === undefined) throw new Error(waiting);
    return connection;
  };
  const current = (): Snapshot => now ?? snapshot(sources.known(), roles);
  const server = createServer({
    unhealthy: () => standingStill(now) ?? coordinator.unhealthy(),
    // Unknown values are shown as such, so the viewer is ready after its first reading.
    unready: () => (now === undefined ? "not looked yet" : undefined),
    metrics: () => [...viewerMetrics(current(), stream.size), ...statistics.metrics(), ...coordinator.metrics()],
  });
  const { log } = server;
  const sources = new Sources(connected, access === undefined ? undefined : new Kubernetes(access), log);
  const coordinator = new Coordinator({
    me: broker.name,
    settings,
    access,
    connected,
    log,
    login: new Login(people),
    user: people.user,
    onEvent: (event) => stream.send("log", event, String(event.id)),
  });
  const statistics = new Statistics({
    connected,
    access,
    current,
    log,
    onMove: (move, upgrading) => coordinator.moved(move, upgrading),
    onNodes: (nodes) => coordinator.sawNodes(nodes),
  });

  servePages(server, path.join(__dirname, "public"));
  server.get("/coordinator/systemStats", async () => ({ ...systemStats(current()), ...coordinator.systemStats() }));
  server.get("/coordinator/stream", (request, reply) => stream.accept(request, reply));
  coordinator.routes(server);
  statistics.routes(server);

  sources.start();
  statistics.start();
  coordinator.start();
  const timer = setInterval(() => {
    now = snapshot(sources.known(), roles);
    stream.send("snapshot", all());
  }, INTERVAL_MS);
  stopOnSignal(log, [
    () => coordinator.stop(),
    () => clearInterval(timer),
    () => statistics.stop(),
    () => sources.stop(),
    () => stream.close(),
    () => server.close(),
    () => connection?.drain(),
  ]);
  await server.listen(listen);

  connection = await connectBroker(broker, log, (reason) => (waiting = reason));
  sources.listen(connection);
  statistics.listen(connection);
  await coordinator.listen(connection);
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
