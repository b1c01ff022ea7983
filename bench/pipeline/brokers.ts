/**
 * Measures raw JetStream with several versions of the broker, in turn, in one run on one machine, without a cluster.
 * Usage: `node .build/bench/pipeline/brokers.js NATS_SERVER [NATS_SERVER...]` (paths of programs). Each version runs as
 * three servers with the cluster's settings. Counts messages that are stored, delivered and acknowledged in a second,
 * and puts alone. Prints Markdown.
 */
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { samplesStream } from "../../images/queue-agent/src/plan";
import { brokerAccess, connectBroker, Environment, type JetStream } from "@inaetics/service";
import { measureRaw } from "./client/raw";
import type { RawOrder } from "./orders";
import { REPLICAS, startServers } from "./servers";

const ROUNDS = 2;
const PUT_SECONDS = 10;
const IN_FLIGHT = 256;
const ELECTION_MS = 30_000;
const order: RawOrder = { order: "raw", warmUpSeconds: 3, seconds: 8, depth: 1500, window: 512, batch: 500 };

interface Figures {
  readonly version: string;
  /** Puts in a second, with {@link IN_FLIGHT} of them under way. */
  readonly puts: number;
  /** Messages stored, delivered and acknowledged in a second. */
  readonly through: number;
}

async function measure(program: string): Promise<Figures> {
  // Compiled to <root>/.build/bench/pipeline/brokers.js.
  const servers = await startServers(program, path.resolve(__dirname, "..", "..", ".."));
  try {
    const silent = (): void => undefined;
    const access = brokerAccess(new Environment(servers.environment));
    const connection = await connectBroker(access, { info: silent, warn: console.error, error: console.error });
    const jetStream: JetStream = {
      manager: await jetstreamManager(connection, { checkAPI: false, timeout: 20_000 }),
      stream: jetstream(connection, { timeout: 20_000 }),
    };
    const puts = await measurePuts(jetStream);
    const { perSecond } = await measureRaw(jetStream, order, { replicas: REPLICAS, capacity: 10_000 });
    await connection.close();
    return { version: servers.version, puts, through: perSecond };
  } finally {
    await servers.end();
  }
}

/** Measures puts of 200 bytes on a stream like SAMPLES, but for 10,000,000 messages, because no consumer takes them. */
async function measurePuts({ manager, stream }: JetStream): Promise<number> {
  const like = samplesStream({ replicas: REPLICAS, capacity: 10_000_000, resultCapacity: 1, resultBytes: 1 });
  const name = "BENCH_PUTS";
  // The servers need a moment to elect the leader that makes streams.
  const deadline = Date.now() + ELECTION_MS;
  const add = (): Promise<unknown> => manager.streams.add({ ...like, name, subjects: [name] });
  const added = (): Promise<boolean> =>
    add().then(
      () => true,
      () => false,
    );
  while (Date.now() < deadline && !(await added())) await sleep(500);
  const body = "x".repeat(200);
  const end = Date.now() + PUT_SECONDS * 1000;
  let stored = 0;
  const inTurn = async (): Promise<void> => {
    while (Date.now() < end) {
      await stream.publish(name, body);
      stored += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, inTurn));
  await manager.streams.delete(name);
  return stored / PUT_SECONDS;
}

async function main(programs: readonly string[]): Promise<void> {
  if (programs.length === 0) {
    throw new Error("got no program; allowed: paths of nats-servers; do: brokers.js $(command -v nats-server)");
  }
  console.log(`| broker | puts/s, ${IN_FLIGHT} under way | stored, delivered, acknowledged/s |`);
  console.log("| :--- | ---: | ---: |");
  for (let round = 0; round < ROUNDS; round++) {
    for (const program of programs) {
      const { version, puts, through } = await measure(program);
      console.log(`| ${version} | ${Math.round(puts)} | ${Math.round(through)} |`);
    }
  }
  const cpu = os.cpus()[0]?.model.trim() ?? "unknown processor";
  console.log(
    `\n${os.cpus().length} x ${cpu}, ${REPLICAS} servers on loopback, load ${(os.loadavg()[0] ?? 0).toFixed(1)}`,
  );
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
