/**
 * The real queue agent against a real broker: streams, refusal when full, figures, restarts of either.
 * Does not prove: replication (one broker here; tests/cluster has three), nor the agents' own clients in Java and C.
 */
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { expect } from "chai";
import { COUNTERS, PROCESSORS, RATE_KEY, RESULTS, SAMPLES, SETTINGS } from "@inaetics/samples";
import { TestBroker } from "../support/broker";
import { Processor, put, report } from "../support/pipeline";
import { eventually } from "../support/eventually";
import { Service } from "../support/service";
import { QUEUE_PATH, queueSchema, type QueueAnswer } from "@inaetics/model";

describe("queue agent", function () {
  this.timeout(60_000);
  let broker: TestBroker;
  let connection: NatsConnection;
  let agent: Service;
  const environment = (capacity: number): Record<string, string> => ({
    ...broker.environment,
    POD_NAME: "queue-1",
    QUEUE_CAPACITY: String(capacity),
    QUEUE_REPLICAS: "1",
  });
  const queue = (): Promise<QueueAnswer> => agent.read(queueSchema, `/${QUEUE_PATH}`);
  const depth = (expected: number): Promise<QueueAnswer> =>
    eventually(`a depth of ${expected}`, 10, async () => {
      const figures = await queue();
      return figures.depth === expected && figures;
    });
  const ready = (): Promise<true> => eventually("readiness", 20, async () => (await agent.status("/readyz")) === 200);

  before(async () => {
    broker = await TestBroker.start();
    connection = await broker.connect();
  });
  /* eslint-disable @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way */
  after(async () => {
    await connection?.close();
    await agent?.stop("SIGKILL");
    await broker?.remove();
  });
  /* eslint-enable @typescript-eslint/no-unnecessary-condition */

  it("waits for the broker, reports that, and then creates streams, consumer and buckets", async () => {
    await broker.down();
    agent = await Service.start("queue-agent", environment(100));
    expect(await agent.status("/readyz")).to.equal(503);
    expect(await agent.status("/queue")).to.equal(503);
    expect(await agent.text("/readyz")).to.include(broker.url);
    expect(await agent.text("/metrics")).not.to.include("inaetics_queue_depth");
    await broker.up();
    await ready();
    const manager = await jetstreamManager(connection);
    const samples = await manager.streams.info(SAMPLES);
    expect(samples.config).to.include({ retention: "workqueue", discard: "new", max_msgs: 100, storage: "file" });
    expect((await manager.streams.info(RESULTS)).config).to.include({ retention: "limits", discard: "old" });
    expect((await manager.consumers.info(SAMPLES, PROCESSORS)).config).to.include({ ack_policy: "explicit" });
    expect((await (await new Kvm(connection).open(SETTINGS)).get(RATE_KEY))?.string()).to.equal("5");
  });

  it("refuses samples beyond its capacity, loses no accepted one, and reports the fill", async () => {
    expect(await put(connection, "producer-1", 0, 60)).to.deep.equal({ accepted: 60, rejected: 0 });
    const over = await put(connection, "producer-1", 60, 130);
    expect(over).to.deep.equal({ accepted: 40, rejected: 30 });
    const figures = await depth(100);
    expect(figures).to.include({ capacity: 100, utilisation: 100, accepted: 100 });
    expect(figures.oldestMs).to.be.within(1, 20_000);
    report(connection, "producer-1", { accepted: 100, rejected: 30 });
    await eventually("the refusals counted", 5, async () => (await queue()).rejected === 30);
    const metrics = await agent.text("/metrics");
    expect(metrics).to.match(/^inaetics_queue_utilisation_ratio 1$/m);
    expect(metrics).to.match(/^inaetics_samples_accepted_total 100$/m);
    expect(metrics).to.match(/^inaetics_samples_rejected_total 30$/m);
  });

  it("reports a rising queue as a positive slope and put rate", async () => {
    const figures = await eventually("a slope", 15, async () => {
      const now = await queue();
      return now.slope !== null && now.slope > 0 && now;
    });
    expect(figures.slope).to.be.at.most(100);
  });

  it("drops a sample that is put twice", async () => {
    // A processor empties the queue first, so that the puts are not refused.
    const processor = new Processor(connection);
    await depth(0);
    await processor.stop();
    expect(processor.ids).to.have.length(100);
    expect((await queue()).oldestMs).to.equal(0);
    await put(connection, "producer-2", 0, 10);
    await put(connection, "producer-2", 0, 10);
    expect((await depth(10)).accepted).to.equal(110);
  });

  it("recovers by itself after the broker was killed, with all accepted samples", async () => {
    await broker.down("SIGKILL");
    await eventually("unknown figures", 15, async () => (await agent.status("/queue")) === 503);
    expect(await agent.status("/healthz")).to.equal(200);
    await broker.up();
    await ready();
    expect(await depth(10)).to.include({ accepted: 110, rejected: 30 });
  });

  it("creates removed streams and consumers again", async () => {
    const manager = await jetstreamManager(connection);
    await manager.consumers.delete(SAMPLES, PROCESSORS);
    await eventually("the consumer", 25, async () => manager.consumers.info(SAMPLES, PROCESSORS).then(() => true));
    await ready();
  });

  it("applies another capacity and keeps counters, settings and samples when it is replaced", async () => {
    const settings = await new Kvm(connection).open(SETTINGS);
    await settings.put(RATE_KEY, "60");
    const began = Date.now();
    expect(await agent.stop()).to.equal(0);
    expect(Date.now() - began).to.be.below(5000);
    agent = await Service.start("queue-agent", environment(5));
    await ready();
    await eventually("the new capacity", 5, async () => (await queue()).capacity === 5);
    // The new capacity is below the number of samples; none of them may be lost.
    expect(await depth(10)).to.include({ capacity: 5, accepted: 110, rejected: 30, utilisation: 200 });
    expect(await put(connection, "producer-2", 10, 12)).to.deep.equal({ accepted: 0, rejected: 2 });
    expect((await settings.get(RATE_KEY))?.string()).to.equal("60");
    report(connection, "producer-1", { accepted: 100, rejected: 34 });
    await eventually("the difference counted", 5, async () => (await queue()).rejected === 34);
  });

  it("counts each refusal once when two agents run at once", async () => {
    const second = await Service.start("queue-agent", { ...environment(5), POD_NAME: "queue-2" });
    try {
      await eventually("readiness", 20, async () => (await second.status("/readyz")) === 200);
      report(connection, "producer-3", { accepted: 0, rejected: 6 });
      await eventually("the count stored", 10, async () => {
        const entry = await (await new Kvm(connection).open(COUNTERS)).get("rejected");
        return (entry?.json<{ total: number }>().total ?? 0) === 40;
      });
      await eventually("both agree", 10, async () => {
        const both = await Promise.all([queue(), second.read(queueSchema, `/${QUEUE_PATH}`)]);
        return both.every((each) => each.rejected === 40);
      });
    } finally {
      expect(await second.stop()).to.equal(0);
    }
  });

  it("survives foreign messages", async () => {
    for (const text of ["", "{", "null", `{"kind":"producer"}`]) connection.publish("statistics.stranger", text);
    connection.publish("statistics.a.b", "{}");
    await connection.flush();
    expect((await queue()).rejected).to.equal(40);
    expect(await agent.status("/healthz")).to.equal(200);
  });

  it("ends with all errors of its environment", async () => {
    const wrong = await Service.start("queue-agent", { ...environment(0), QUEUE_REPLICAS: "x" }).catch(String);
    expect(wrong).to.include(`QUEUE_CAPACITY: got "0"`).and.include(`QUEUE_REPLICAS: got "x"`);
  });

  it("says that its login is refused, and is not ready", async () => {
    const stranger = await Service.start("queue-agent", { ...environment(5), NATS_PASSWORD: "wrong" });
    try {
      const why = /refuses user .*NATS_PASSWORD/;
      await eventually(
        "the message",
        15,
        async () => why.test(await stranger.text("/readyz")) && why.test(stranger.output),
      );
      expect(await stranger.status("/readyz")).to.equal(503);
    } finally {
      expect(await stranger.stop()).to.equal(0);
    }
  });

  it("needs little memory", () => {
    expect(agent.memory()).to.be.below(110);
  });
});
