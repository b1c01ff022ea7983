/** Small producer and processor with the real client; like agents they bound puts and store before acknowledging. */
import { jetstream, type ConsumerMessages, type JetStreamClient } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import {
  parseJson,
  PROCESSORS,
  resultSubject,
  SAMPLES,
  sampleSchema,
  sampleSubject,
  statisticsSubject,
  type Result,
  type Sample,
} from "@inaetics/samples";

/** Number of puts that were accepted and refused. */
export interface Put {
  readonly accepted: number;
  readonly rejected: number;
}

/** Puts samples `from` (inclusive) to `to`, all at once; a refusal by the full queue counts, any other error throws. */
export async function put(connection: NatsConnection, producer: string, from: number, to: number): Promise<Put> {
  const client = jetstream(connection);
  const outcomes = await Promise.all(
    Array.from({ length: to - from }, async (_, index): Promise<boolean> => {
      const sample: Sample = { id: `${producer}-${from + index}`, sampleTime: Date.now(), value1: 1, value2: 2 };
      try {
        await client.publish(sampleSubject(producer), JSON.stringify(sample), { msgID: sample.id, timeout: 5000 });
        return true;
      } catch (error) {
        if (/maximum messages exceeded/.test(String(error))) return false;
        throw error;
      }
    }),
  );
  const accepted = outcomes.filter((each) => each).length;
  return { accepted, rejected: outcomes.length - accepted };
}

/** Publishes the figures that a producer of that name publishes each second. */
export function report(connection: NatsConnection, producer: string, counts: Put): void {
  const statistic = {
    name: producer,
    displayName: "Producer",
    type: "throughput",
    unit: "samples/sec",
    value: 1,
    kind: "producer",
  };
  connection.publish(statisticsSubject(producer), JSON.stringify({ ...statistic, ...counts }));
}

/** Processes samples until it is stopped or its connection closed; it survives a broker that is down for a while. */
export class Processor {
  readonly ids: string[] = [];
  private stopped = false;
  private messages: ConsumerMessages | undefined;
  private readonly done: Promise<void>;

  constructor(
    private readonly connection: NatsConnection,
    private readonly name = "processor-1",
  ) {
    this.done = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.messages?.close();
    await this.done;
  }

  private async run(): Promise<void> {
    const client = jetstream(this.connection);
    while (!this.stopped && !this.connection.isClosed()) {
      try {
        const consumer = await client.consumers.get(SAMPLES, PROCESSORS);
        // Two missing heartbeats show that a request was lost with a dead leader; the default waits for 30 s.
        this.messages = await consumer.consume({ max_messages: 100, expires: 5000, idle_heartbeat: 1000 });
        // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- stop() may have been called meanwhile
        if (this.stopped) await this.messages.close();
        for await (const received of this.messages) {
          const sample = parseJson(sampleSchema, received.data);
          if (!sample.ok) throw new Error(sample.problem);
          await this.store(client, sample.value);
          received.ack();
        }
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  private async store(client: JetStreamClient, sample: Sample): Promise<void> {
    const own = {
      processingTime: 1,
      result1: sample.value1,
      processor: this.name,
      kind: "felix",
      storedAt: Date.now(),
    };
    const result: Result = { id: sample.id, ...own, sample };
    await client.publish(resultSubject(this.name), JSON.stringify(result), { msgID: sample.id });
    this.ids.push(sample.id);
  }
}
