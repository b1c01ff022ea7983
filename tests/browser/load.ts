/** Does what the agents of a cluster's pods do: producers at the set rate, processors as fast as they can, each reporting. */
import { jetstream } from "@nats-io/jetstream";
import { Kvm, type KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import {
  parseJson,
  PROCESSORS,
  RATE_KEY,
  resultSubject,
  SAMPLES,
  sampleSchema,
  SETTINGS,
  statisticsSubject,
} from "@inaetics/samples";
import { put } from "../support/pipeline";
import type { FakeCluster, FakePod } from "./cluster";

/** Samples per second that one producer can make, and one processor can take. */
export const PRODUCER_MAX = 200;
export const PROCESSOR_MAX = 80;
const TURN_MS = 250;

interface Counts {
  accepted: number;
  rejected: number;
  processed: number;
}

export class Load {
  private readonly counts = new Map<string, Counts>();
  private readonly timers: NodeJS.Timeout[];
  private settings: KV | undefined;
  private percent = 0;
  private sent = 0;
  private working = false;

  constructor(
    private readonly connection: NatsConnection,
    private readonly cluster: FakeCluster,
  ) {
    // Samples that fail while the broker is down are lost, as with a real agent; the next turn tries again.
    this.timers = [
      setInterval(() => void this.produce().catch(() => undefined), TURN_MS),
      setInterval(() => void this.process().catch(() => (this.working = false)), TURN_MS),
      setInterval(() => this.report(), 1000),
    ];
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  private async produce(): Promise<void> {
    this.settings ??= await new Kvm(this.connection).open(SETTINGS);
    const percent = Number((await this.settings.get(RATE_KEY))?.string() ?? NaN);
    if (!Number.isNaN(percent)) this.percent = percent;
    const each = Math.round((PRODUCER_MAX * this.percent * TURN_MS) / 100_000);
    for (const pod of this.cluster.working("producer")) {
      const from = this.sent;
      this.sent += each;
      const { accepted, rejected } = await put(this.connection, pod.name, from, this.sent);
      const counts = this.of(pod);
      counts.accepted += accepted;
      counts.rejected += rejected;
    }
  }

  private async process(): Promise<void> {
    const pods = this.cluster.working("processor");
    if (this.working || pods.length === 0) return;
    this.working = true;
    const client = jetstream(this.connection);
    const consumer = await client.consumers.get(SAMPLES, PROCESSORS);
    const most = Math.round((pods.length * PROCESSOR_MAX * TURN_MS) / 1000);
    const batch = await consumer.fetch({ max_messages: most, expires: 1000 });
    let turn = 0;
    for await (const received of batch) {
      const sample = parseJson(sampleSchema, received.data);
      const pod = pods[turn++ % pods.length];
      if (!sample.ok || pod === undefined) continue;
      const kind = pod.controller.includes("celix") ? "celix" : "felix";
      const own = { processingTime: 1, result1: 1, processor: pod.name, kind, storedAt: Date.now() };
      const result = { id: sample.value.id, ...own, sample: sample.value };
      await client.publish(resultSubject(pod.name), JSON.stringify(result), { msgID: sample.value.id });
      received.ack();
      this.of(pod).processed++;
    }
    this.working = false;
  }

  private report(): void {
    for (const pod of this.cluster.working("pro")) {
      if (pod.controller.includes("provisioning")) continue;
      const producer = pod.controller.includes("producer");
      const framework = pod.controller.includes("celix") ? "Celix" : "Felix";
      const { accepted, rejected, processed } = this.of(pod);
      const common = { name: pod.name, type: "throughput", unit: "samples/sec", value: 0 };
      const statistic = producer
        ? {
            ...common,
            displayName: `${framework} producer`,
            kind: "producer",
            maxRate: PRODUCER_MAX,
            accepted,
            rejected,
          }
        : { ...common, displayName: `${framework} processor`, kind: "processor", processed };
      this.connection.publish(statisticsSubject(pod.name), JSON.stringify(statistic));
    }
  }

  private of({ name }: FakePod): Counts {
    const counts = this.counts.get(name) ?? { accepted: 0, rejected: 0, processed: 0 };
    this.counts.set(name, counts);
    return counts;
  }
}
