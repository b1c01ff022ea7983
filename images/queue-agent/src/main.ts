/**
 * Owns the broker's streams, measures the queue and registers it in discovery. Environment: see `readSettings`,
 * packages/service and packages/discovery. Without ETCD_ENDPOINTS it uses no discovery. With arguments it does one step
 * of moving streams instead: see `servers.ts`.
 */
import type { NatsConnection } from "@nats-io/transport-node";
import { Discovery, optionalDiscoveryAccess, type Registration } from "@inaetics/discovery";
import {
  brokerAccess,
  connectBroker,
  createServer,
  Environment,
  listenAddress,
  problem,
  stopOnSignal,
} from "@inaetics/service";
import { messageWithCause } from "@inaetics/base";
import { QUEUE_PATH, type QueueAnswer } from "@inaetics/model";
import { queueMetrics } from "./metrics";
import { QueueMonitor, type Unknown } from "./monitor";
import { offers } from "./offers";
import type { QueueSettings } from "./plan";
import { runVerb } from "./servers";

/** Reads QUEUE_CAPACITY, QUEUE_REPLICAS, RESULT_CAPACITY and RESULT_BYTES. */
function readSettings(environment: Environment): QueueSettings {
  return {
    capacity: environment.integer("QUEUE_CAPACITY", { min: 1, max: 10_000_000 }, 10_000),
    replicas: environment.integer("QUEUE_REPLICAS", { min: 1, max: 5 }, 3),
    resultCapacity: environment.integer("RESULT_CAPACITY", { min: 1, max: 100_000_000 }, 1_000_000),
    resultBytes: environment.integer("RESULT_BYTES", { min: 1 << 20, max: 2 ** 40 }, 512 * 2 ** 20),
  };
}

async function main(): Promise<void> {
  const environment = new Environment(process.env);
  const access = brokerAccess(environment);
  const settings = readSettings(environment);
  const listen = listenAddress(environment);
  const etcd = optionalDiscoveryAccess(environment);
  environment.check();

  // The server starts first, so that the probes report what the agent waits for.
  let monitor: QueueMonitor | undefined = undefined;
  let registration: Registration | undefined = undefined;
  let waiting = `waiting for the broker at ${access.servers.join(", ")}`;
  const figures = (): QueueAnswer | Unknown => monitor?.figures() ?? { unknown: waiting };
  const server = createServer({
    unhealthy: () => monitor?.unhealthy(),
    unready: () => (monitor === undefined ? waiting : (monitor.unready() ?? registration?.unready())),
    metrics: () => {
      const known = figures();
      return queueMetrics("unknown" in known ? undefined : known);
    },
  });
  server.get(`/${QUEUE_PATH}`, async (_request, reply) => {
    const known = figures();
    if (!("unknown" in known)) return known;
    return reply
      .code(503)
      .type("application/problem+json")
      .send(problem(503, "Service Unavailable", known.unknown));
  });
  await server.listen(listen);

  const discovery = etcd === undefined ? undefined : new Discovery(etcd, server.log);
  // Registers before the broker answers: agents wait for it themselves, and this agent may wait for it long.
  registration = discovery?.register(offers(access.name, access.servers.join(",")));
  let connection: NatsConnection | undefined = undefined;
  stopOnSignal(server.log, [
    () => discovery?.stop(),
    () => monitor?.stop(),
    () => server.close(),
    () => connection?.drain(),
  ]);
  connection = await connectBroker(access, server.log, (reason) => (waiting = reason));
  monitor = new QueueMonitor(connection, settings, access.name, server.log);
  monitor.start();
  const failure = await connection.closed();
  if (failure instanceof Error) throw failure;
}

const verb = process.argv.slice(2);
(verb.length === 0 ? main() : runVerb(verb).then((code) => process.exit(code))).catch((error: unknown) => {
  console.error(`queue-agent: ${messageWithCause(error)}`);
  process.exit(1);
});
