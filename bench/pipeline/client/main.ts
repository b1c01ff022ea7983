/** Runs inside the cluster: `node client.js ORDER` does what the order (JSON) says and prints the answer (JSON). */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { PROCESSORS_KEY, RESULTS, SAMPLES, SETTINGS, type ProcessorsMode } from "@inaetics/samples";
// Modules, because the whole package would bring a web server into the client.
import { brokerAccess, connectBroker } from "@inaetics/service/broker";
import { Environment } from "@inaetics/service/environment";
import { absentAsUndefined, type JetStream } from "@inaetics/service/jetstream";
import { messageWithCause } from "@inaetics/base";
import type { Order } from "../orders";
import { measurePipeline } from "./pipeline";
import { measureRaw, RAW } from "./raw";

/** Brokers at their limit are slow to answer, which is no failure here. */
const PATIENCE_MS = 20_000;

async function main(): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? "") as Order;
  // The bench that gave the order has ended: it would neither end this process nor undo its later settings.
  process.stdin.on("end", () => process.exit(3)).resume();
  const environment = new Environment(process.env);
  const access = brokerAccess(environment);
  const replicas = environment.integer("QUEUE_REPLICAS", { min: 1, max: 5 }, 3);
  const capacity = environment.integer("QUEUE_CAPACITY", { min: 1, max: 10_000_000 }, 10_000);
  environment.check();
  const connection = await connectBroker(access, { info: silent, warn: console.error, error: console.error });
  const jetStream: JetStream = {
    manager: await jetstreamManager(connection, { checkAPI: false, timeout: PATIENCE_MS }),
    stream: jetstream(connection, { timeout: PATIENCE_MS }),
  };
  const settings = await new Kvm(connection).open(SETTINGS);
  const answer = await {
    raw: (given: Order) => (given.order === "raw" ? measureRaw(jetStream, given, { replicas, capacity }) : undefined),
    pipeline: (given: Order) =>
      given.order === "pipeline" ? measurePipeline(connection, jetStream, settings, given) : undefined,
    pause: () => settings.put(PROCESSORS_KEY, JSON.stringify(noProcessors)),
    clean: () => clean(jetStream),
  }[order.order](order);
  // Exits only after the answer is written: the end of the process would cut it off.
  process.stdout.write(`${JSON.stringify(answer ?? null)}\n`, () => process.exit(0));
}

const noProcessors: ProcessorsMode = { mode: "manual", felix: 0, celix: 0 };

function silent(): void {
  // The connection's life is of no interest to the bench unless it fails.
}

async function clean({ manager }: JetStream): Promise<void> {
  await absentAsUndefined(manager.streams.delete(RAW));
  for (const [stream, prefix] of [
    [SAMPLES, "samples.bench-pipeline-"],
    [RESULTS, "results.bench-pipeline-"],
  ] as const) {
    const info = await manager.streams.info(stream, { subjects_filter: ">" });
    const own = Object.keys(info.state.subjects ?? {}).filter((subject) => subject.startsWith(prefix));
    for (const filter of own) await manager.streams.purge(stream, { filter });
  }
}

main().catch((error: unknown) => {
  console.error(`${process.argv[2] ?? ""}: ${messageWithCause(error)}`);
  process.exit(1);
});
