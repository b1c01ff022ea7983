/**
 * The queue agent with three brokers that replicate: behaviour that one broker alone cannot show.
 * Does not prove: loss of a whole box with its network and disk (tests/cluster).
 */
import { jetstreamManager, type StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { expect } from "chai";
import { COUNTERS, RESULTS, SAMPLES, SETTINGS } from "@inaetics/samples";
import { TestBroker } from "../support/broker";
import { Processor, put } from "../support/pipeline";
import { eventually } from "../support/eventually";
import { Service } from "../support/service";
import { QUEUE_PATH, queueSchema, type QueueAnswer } from "@inaetics/model";

/** Placement of a stream, and `desired`, its target placement, which the client's type lacks. */
type Cluster = Partial<NonNullable<StreamInfo["cluster"]>> & { readonly desired?: unknown };

describe("queue agent with three brokers", function () {
  this.timeout(120_000);
  let broker: TestBroker;
  let connection: NatsConnection;
  let agent: Service;
  const start = async (replicas: number, capacity: number): Promise<void> => {
    const size = { QUEUE_REPLICAS: String(replicas), QUEUE_CAPACITY: String(capacity) };
    agent = await Service.start("queue-agent", { ...broker.environment, POD_NAME: "queue-1", ...size });
  };
  const figures = (what: string, check: (now: QueueAnswer) => boolean): Promise<QueueAnswer> =>
    eventually(what, 45, async () => {
      const now = await agent.read(queueSchema, `/${QUEUE_PATH}`);
      return check(now) && now;
    });
  const streams = [SAMPLES, RESULTS, `KV_${SETTINGS}`, `KV_${COUNTERS}`];
  const info = async (stream: string): Promise<StreamInfo> =>
    (await jetstreamManager(connection, { checkAPI: false })).streams.info(stream);
  /**
   * Waits until every replica of every stream has caught up. A stream that gets more replicas reports `desired` until
   * then: meanwhile `current` replicas have the log, but not the stream's earlier content.
   */
  const allCurrent = async (): Promise<void> => {
    for (const stream of streams) {
      await eventually(`all replicas of ${stream}`, 60, async () => {
        const { leader, replicas: others = [], desired }: Cluster = (await info(stream)).cluster ?? {};
        const current = others.length === 2 && others.every((each) => each.current);
        return leader !== undefined && current && desired === undefined;
      });
    }
  };
  const replicas = async (stream: string): Promise<number> => (await info(stream)).config.num_replicas;

  before(async () => {
    broker = await TestBroker.start(3);
    connection = await broker.connect();
  });
  /* eslint-disable @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way */
  after(async () => {
    await connection?.close();
    await agent?.stop("SIGKILL");
    await broker?.remove();
  });
  /* eslint-enable @typescript-eslint/no-unnecessary-condition */

  it("keeps one replica of every stream and bucket, when one is configured", async () => {
    await start(1, 50);
    await eventually("readiness", 60, async () => (await agent.status("/readyz")) === 200);
    for (const stream of streams) expect(await replicas(stream)).to.equal(1);
    expect(await put(connection, "producer-1", 0, 30)).to.deep.equal({ accepted: 30, rejected: 0 });
    expect(await agent.stop()).to.equal(0);
  });

  it("keeps three replicas when three are configured, with all samples", async () => {
    await start(3, 50);
    for (const stream of streams) {
      await eventually(`three replicas of ${stream}`, 60, async () => (await replicas(stream)) === 3);
    }
    expect(await figures("the samples", (now) => now.depth === 30)).to.include({ accepted: 30, capacity: 50 });
    // Until then the broker does not answer puts: they are not stored, and their producers put them again.
    await allCurrent();
  });

  it("counts accepted samples only: refusals use no sequence number", async () => {
    const outcome = await put(connection, "producer-1", 30, 130);
    expect(outcome).to.deep.equal({ accepted: 20, rejected: 80 });
    expect((await figures("a full queue", (now) => now.depth === 50)).accepted).to.equal(50);
  });

  it("loses no sample and continues when a broker is killed", async () => {
    await broker.down("SIGKILL", 0);
    expect((await figures("the samples", (now) => now.depth === 50)).accepted).to.equal(50);
    const processor = new Processor(connection);
    try {
      await figures("an empty queue", (now) => now.depth === 0);
    } finally {
      await processor.stop();
    }
    expect(new Set(processor.ids).size).to.equal(50);
    await eventually("the results", 20, async () => (await info(RESULTS)).state.messages === 50);
    await broker.up();
    // The broker that was down must catch up before others fail: a majority without the samples cannot restore them.
    await allCurrent();
  });

  it("reports no outdated figures when the majority of brokers is gone", async () => {
    await broker.down("SIGKILL", 1);
    await broker.down("SIGKILL", 2);
    await eventually("unknown figures", 30, async () => (await agent.status("/queue")) === 503);
    expect(await agent.status("/healthz")).to.equal(200);
    await broker.up();
    await figures("the figures", (now) => now.depth === 0 && now.accepted === 50);
  });
});
