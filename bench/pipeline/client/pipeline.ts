import { setTimeout as sleep } from "node:timers/promises";
import type { KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import {
  parseJson,
  perSecond,
  RATE_KEY,
  RESULTS,
  resultSchema,
  slide,
  STATISTICS_SUBJECTS,
  statisticsPod,
  type QueueReading,
} from "@inaetics/samples";
import type { JetStream } from "@inaetics/service/jetstream";
import { readQueue, readStream } from "@inaetics/service/queue";
import type { Percentiles } from "@inaetics/model";
import { percentiles, steer } from "../figures";
import { AGENTS } from "../objects";
import type { PipelineAnswer, PipelineOrder } from "../orders";
import { brokerTime, meter, type Count } from "./meter";

const STEP_MS = 500;
/** Agents fetch their bundles after they are ready. */
const AGENTS_MS = 60_000;
/** Time within which the samples that wait after a measurement are processed, or something is wrong. */
const EMPTY_MS = 30_000;
const FILL_MS = 5000;
const SETTLE_MS = 3000;

/** Measures the whole pipeline at the highest rate of the processors, and the latency again at half of that. */
export async function measurePipeline(
  connection: NatsConnection,
  jetStream: JetStream,
  settings: KV,
  order: PipelineOrder,
): Promise<PipelineAnswer> {
  const setRate = (percent: number): Promise<unknown> => settings.put(RATE_KEY, String(percent));
  const read = (): Promise<Count> => count(jetStream);
  try {
    await agentsAtWork(connection, order);
    const steering = new Steering(jetStream, order, setRate);
    const steered = steering.run();
    await Promise.race([warmUp(jetStream, order), steered.then(() => endedEarly())]);
    const from = await newest(jetStream);
    const figures = await Promise.race([meter(order.seconds, read), steered.then(() => endedEarly())]);
    const to = await newest(jetStream);
    steering.stop();
    await steered;
    await setRate(0);
    await emptied(jetStream);
    await setRate(Math.max(1, Math.round((50 * figures.perSecond) / order.most)));
    await sleep(SETTLE_MS);
    const halfFrom = await newest(jetStream);
    const half = await meter(order.halfSeconds, read);
    const halfTo = await newest(jetStream);
    await setRate(0);
    await emptied(jetStream);
    // Reads the results only now, because that costs the broker as much as the samples did.
    const latency = await latencies(jetStream, from, to);
    return {
      ...figures,
      latency,
      half: { perSecond: half.perSecond, latency: await latencies(jetStream, halfFrom, halfTo) },
    };
  } finally {
    await setRate(0);
  }
}

/** Waits for the warm-up, then until enough samples wait or that takes too long. */
async function warmUp({ manager }: JetStream, { warmUpSeconds, depth }: PipelineOrder): Promise<void> {
  await sleep(warmUpSeconds * 1000);
  const deadline = Date.now() + FILL_MS;
  while (Date.now() < deadline && (await readQueue(manager)).depth < depth / 2) await sleep(STEP_MS);
}

function endedEarly(): Promise<never> {
  return Promise.reject(new Error("the producers' rate is not steered any more"));
}

/** Sets the producers' rate again and again, so that enough samples wait but never too many. */
class Steering {
  private stopped = false;

  constructor(
    private readonly jetStream: JetStream,
    private readonly order: PipelineOrder,
    private readonly setRate: (percent: number) => Promise<unknown>,
  ) {}

  async run(): Promise<void> {
    let window: readonly QueueReading[] = [];
    while (!this.stopped) {
      const reading = await readQueue(this.jetStream.manager);
      window = slide(window, reading, 2000);
      const taken = perSecond(window, ({ accepted, depth }) => accepted - depth);
      await this.setRate(steer(reading.depth, taken, this.order.depth, this.order.most));
      await sleep(STEP_MS);
    }
  }

  stop(): void {
    this.stopped = true;
  }
}

/** Waits until every agent of this stage has published its statistics. */
async function agentsAtWork(connection: NatsConnection, { producers, processors }: PipelineOrder): Promise<void> {
  const heard = new Set<string>();
  const subscription = connection.subscribe(STATISTICS_SUBJECTS, {
    callback: (error, { subject }) => {
      const pod = error === null ? statisticsPod(subject) : undefined;
      if (pod !== undefined) heard.add(pod);
    },
  });
  const deadline = Date.now() + AGENTS_MS;
  try {
    for (;;) {
      const of = (...names: readonly string[]): number =>
        [...heard].filter((pod) => names.some((name) => pod.startsWith(`${name}-`))).length;
      const [making, working] = [of(AGENTS.producers), of(AGENTS.felix, AGENTS.celix)];
      if (making === producers && working === processors) return;
      if (Date.now() > deadline) {
        throw new Error(`${making} of ${producers} producers and ${working} of ${processors} processors are at work`);
      }
      await sleep(STEP_MS);
    }
  } finally {
    subscription.unsubscribe();
  }
}

async function emptied({ manager }: JetStream): Promise<void> {
  const deadline = Date.now() + EMPTY_MS;
  for (;;) {
    const { depth } = await readQueue(manager);
    if (depth === 0) return;
    if (Date.now() > deadline)
      throw new Error(`${depth} samples still wait after ${EMPTY_MS / 1000} s without new ones`);
    await sleep(STEP_MS / 2);
  }
}

/** Counts the results that reached the data store, each once, and the samples that wait. */
async function count({ manager }: JetStream): Promise<Count> {
  const [{ state, ts }, { depth }] = await Promise.all([readStream(manager, RESULTS), readQueue(manager)]);
  return { at: brokerTime(ts), done: state.last_seq, waiting: depth };
}

async function newest({ manager }: JetStream): Promise<number> {
  return (await readStream(manager, RESULTS)).state.last_seq;
}

/** Latencies of the results after one sequence number up to another. */
async function latencies({ stream }: JetStream, after: number, to: number): Promise<Percentiles> {
  const found: number[] = [];
  if (to <= after) return percentiles(found);
  const consumer = await stream.consumers.get(RESULTS, {
    deliver_policy: "by_start_sequence",
    opt_start_seq: after + 1,
  });
  const messages = await consumer.consume({ max_messages: 1000 });
  for await (const message of messages) {
    const result = parseJson(resultSchema, message.data);
    if (result.ok) found.push(result.value.storedAt - result.value.sample.sampleTime);
    if (message.seq >= to) break;
  }
  return percentiles(found);
}
