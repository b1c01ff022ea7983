/** Shows and steers the data path: pages with their live data, statistics, and the coordinator. */
import type { NatsConnection } from "@nats-io/transport-node";
import { messageWithCause } from "@inaetics/base";
import {
  brokerAccess,
  connectBroker,
  createServer,
  Environment,
  listenAddress,
  Login,
  loginSettings,
  podAccess,
  stopOnSignal,
} from "@inaetics/service";
import { Coordinator, coordinatorSettings } from "./coordinator";
import { Pages } from "./pages";
import { Statistics } from "./statistics";

async function main(): Promise<void> {
  const environment = new Environment(process.env);
  const broker = brokerAccess(environment);
  const settings = coordinatorSettings(environment);
  const people = loginSettings(environment);
  const listen = listenAddress(environment);
  const provisioningPort = environment.integer("PROVISIONING_PORT", { min: 1, max: 65535 }, 90);
  environment.check();
  const access = podAccess(process.env);

  let connection: NatsConnection | undefined = undefined;
  let waiting = "not connected to the broker yet";
  const connected = (): NatsConnection => {
    if (connection === undefined) throw new Error(waiting);
    return connection;
  };
  const server = createServer({
    unhealthy: () => pages.unhealthy() ?? coordinator.unhealthy(),
    unready: () => pages.unready(),
    metrics: () => [pages, statistics, coordinator].flatMap((job) => job.metrics()),
  });
  const { log } = server;
  const { processors, producers } = settings.controllers;

  const pages: Pages = new Pages({
    connected,
    access,
    log,
    roles: { producers: Object.values(producers), processors },
    provisioningPort,
    others: () => ({ ...statistics.snapshotParts(), ...coordinator.snapshotParts() }),
    coordinatorStats: () => coordinator.systemStats(),
    greeting: (lastId) => coordinator.greeting(lastId),
  });
  const statistics: Statistics = new Statistics({
    connected,
    access,
    log,
    current: () => pages.current(),
    onMove: (move, upgrading) => coordinator.moved(move, upgrading),
    onNodes: (nodes) => coordinator.nodesObserved(nodes),
  });
  const coordinator = new Coordinator({
    connected,
    access,
    log,
    me: broker.name,
    settings,
    login: new Login(people),
    user: people.user,
    onEvent: (event) => pages.send(event),
  });
  const jobs = [pages, statistics, coordinator] as const;

  for (const job of jobs) job.routes(server);
  for (const job of jobs) job.start();
  stopOnSignal(log, [
    () => coordinator.stop(),
    () => statistics.stop(),
    () => pages.stop(),
    () => server.close(),
    () => connection?.drain(),
  ]);
  await server.listen(listen);

  connection = await connectBroker(broker, log, (reason) => (waiting = reason));
  for (const job of jobs) await job.listen(connection);
  const failure = await connection.closed();
  if (failure instanceof Error) throw failure;
}

main().catch((error: unknown) => {
  console.error(`datastore-viewer: ${messageWithCause(error)}`);
  process.exit(1);
});
