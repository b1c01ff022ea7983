import { setTimeout as sleep } from "node:timers/promises";
import type { ConsumerMessages } from "@nats-io/jetstream";
import { processorsConsumer, samplesStream } from "../../../images/queue-agent/src/plan";
import { PROCESSORS, type Sample } from "@inaetics/samples";
import { absentAsUndefined, type JetStream } from "@inaetics/service/jetstream";
import { readStream } from "@inaetics/service/queue";
import type { RawOrder, Throughput } from "../orders";
import { brokerTime, meter, type Count } from "./meter";

/** Name of the stream, and its subject. */
export const RAW = "BENCH_PIPELINE";

interface Settings {
  readonly replicas: number;
  readonly capacity: number;
}

/** Measures messages that were stored, delivered and acknowledged, as the broker counts them. Removes its stream. */
export async function measureRaw(jetStream: JetStream, order: RawOrder, settings: Settings): Promise<Throughput> {
  const { manager, stream } = jetStream;
  await absentAsUndefined(manager.streams.delete(RAW));
  const like = samplesStream({ ...settings, resultCapacity: 1, resultBytes: 1 });
  await manager.streams.add({ ...like, name: RAW, description: "A bench", subjects: [RAW] });
  await manager.consumers.add(RAW, processorsConsumer());
  const flow = new Flow(jetStream, order);
  try {
    const consumer = await stream.consumers.get(RAW, PROCESSORS);
    const messages = await consumer.consume({ max_messages: order.batch });
    const ended = [flow.publish(), flow.acknowledge(messages)];
    await sleep(order.warmUpSeconds * 1000);
    const figures = await Promise.race([
      meter(order.seconds, () => count(jetStream)),
      Promise.all(ended).then(() => Promise.reject(new Error("the raw stream ended early"))),
    ]);
    flow.stop();
    await messages.close();
    await Promise.all(ended);
    return figures;
  } finally {
    flow.stop();
    await absentAsUndefined(manager.streams.delete(RAW));
  }
}

async function count({ manager }: JetStream): Promise<Count> {
  const { state, ts } = await readStream(manager, RAW);
  return { at: brokerTime(ts), done: state.last_seq - state.messages, waiting: state.messages };
}

/** One client that puts and takes at the same time, as fast as the broker lets it. */
class Flow {
  private made = 0;
  private taken = 0;
  private stopped = false;
  /** Publishers that wait; one continues for each acknowledged message. */
  private readonly held: (() => void)[] = [];

  constructor(
    private readonly jetStream: JetStream,
    private readonly order: RawOrder,
  ) {}

  stop(): void {
    this.stopped = true;
    for (const go of this.held.splice(0)) go();
  }

  /** Keeps the window full. Rejects when a put fails. */
  async publish(): Promise<void> {
    const { window } = this.order;
    await Promise.all(Array.from({ length: window }, () => this.publishInTurn()));
  }

  private async publishInTurn(): Promise<void> {
    while (!this.stopped) {
      if (this.made - this.taken >= this.order.depth) {
        await new Promise<void>((resolve) => this.held.push(resolve));
        continue;
      }
      const message = sample(++this.made);
      await this.jetStream.stream.publish(RAW, JSON.stringify(message), { msgID: message.id });
    }
  }

  async acknowledge(messages: ConsumerMessages): Promise<void> {
    for await (const message of messages) {
      message.ack();
      this.taken++;
      this.held.shift()?.();
    }
  }
}

/** Makes a sample as long as one of the demonstrator's producers. */
function sample(sequence: number): Sample {
  const value = (): number => Math.round(Math.random() * 200_000 - 100_000) / 1000;
  const id = `inaetics-producer-controller-abcde-l3k2j1h0-${sequence}`;
  return { id, sampleTime: Date.now(), value1: value(), value2: value() };
}
