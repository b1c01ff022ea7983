/**
 * The ledger and its checker against real brokers: errors that are planted into a processor are found, each by its kind,
 * and a correct processor passes, though it and a broker are killed.
 * Does not prove: that the cluster's own agents are correct (`./cluster verify` checks that on a cluster).
 */
import { jetstream, jetstreamManager, type JetStreamManager, type JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { parseJson, PROCESSORS, resultSubject, SAMPLES, sampleSchema } from "@inaetics/samples";
import { check, complaints, type Verdict } from "../../cli/verify/checker";
import { Ledger } from "../../cli/verify/ledger";
import { LedgerProducer } from "../../cli/verify/producer";
import { readQueue, ResultFollower } from "../../cli/verify/results";
import { processorsConsumer, resultsStream, samplesStream } from "../../images/queue-agent/src/plan";
import { TestBroker } from "../support/broker";
import { eventuallyHolds } from "../support/eventually";

const settings = { capacity: 1000, replicas: 3, resultCapacity: 100_000, resultBytes: 1 << 28 };
/** Samples that a processor takes before it dies. */
const FATAL = 40;

type Bug =
  "none" | "acknowledges before it stores" | "drops redeliveries" | "stores twice" | "never takes redeliveries";

describe("ledger of samples", function () {
  this.timeout(120_000);
  let broker: TestBroker;
  let connection: NatsConnection;
  let manager: JetStreamManager;
  let runs = 0;

  before(async () => {
    broker = await TestBroker.start(3);
    connection = await broker.connect();
    await eventuallyHolds("streams are made", 30, async () => {
      manager = await jetstreamManager(connection);
      await manager.streams.add(samplesStream(settings));
      await manager.streams.add(resultsStream(settings));
      // Samples of a dead processor come again sooner than in a cluster.
      await manager.consumers.add(SAMPLES, { ...processorsConsumer(), ack_wait: 1e9 });
    });
  });
  /* eslint-disable @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way */
  after(async () => {
    await connection?.close();
    await broker?.remove();
  });
  /* eslint-enable @typescript-eslint/no-unnecessary-condition */

  /** Puts samples for 2 s while a processor with the error dies once and its successor continues. */
  async function run(bug: Bug, meanwhile: () => Promise<void> = async () => undefined): Promise<Verdict> {
    const ledger = new Ledger(`ledger${++runs}`);
    const follower = await ResultFollower.open(connection, ledger);
    const producer = new LedgerProducer(connection, ledger, 100);
    const dead = process(await broker.connect(), bug, FATAL);
    await sleep(1000);
    await meanwhile();
    const living = await broker.connect();
    const successor = process(living, bug);
    await sleep(1000);
    await producer.stop(20_000);
    // A processor leaves at most two batches without an acknowledgement.
    const left = bug === "never takes redeliveries" ? 40 : 0;
    await eventuallyHolds("the queue is drained", 40, async () => {
      expect((await readQueue(connection)).waiting).to.be.at.most(left);
    });
    // Redeliveries come after a second.
    if (left > 0) await sleep(2500);
    await eventuallyHolds("the data store is read", 20, async () => {
      await follower.read();
      expect(await follower.isComplete()).to.equal(true);
    });
    const { waiting } = await readQueue(connection);
    await living.close();
    await Promise.all([dead, successor]);
    await manager.streams.purge(SAMPLES);
    const limits = { latencyMs: 30_000, putWindowMs: 60_000, resultWindowMs: 120_000 };
    return check(ledger.events, { endedAt: Date.now(), waiting, ...limits });
  }

  it("is clean with a correct processor that dies, while a broker is killed and comes back", async () => {
    const verdict = await run("none", async () => {
      await broker.down("SIGKILL", 1);
      await sleep(500);
      await broker.up();
    });
    expect(complaints(verdict)).to.deep.equal([]);
    expect(verdict.acknowledged).to.be.greaterThan(50);
    expect(verdict.stored).to.be.at.least(verdict.acknowledged);
  });

  it("finds samples that a processor acknowledged before it stored them, and died", async () => {
    const verdict = await run("acknowledges before it stores");
    expect(verdict.missing).not.to.deep.equal([]);
    expect([verdict.stuck, verdict.duplicates, verdict.phantoms]).to.deep.equal([[], [], []]);
  });

  it("finds samples that are lost at their redelivery", async () => {
    const verdict = await run("drops redeliveries");
    expect(verdict.missing).not.to.deep.equal([]);
    expect([verdict.stuck, verdict.duplicates]).to.deep.equal([[], []]);
  });

  it("finds samples that are stored twice", async () => {
    const verdict = await run("stores twice");
    expect(verdict.duplicates).not.to.deep.equal([]);
    expect([verdict.missing, verdict.stuck]).to.deep.equal([[], []]);
  });

  it("calls samples stuck that stay in the queue without an acknowledgement", async () => {
    const verdict = await run("never takes redeliveries");
    expect(verdict.stuck).not.to.deep.equal([]);
    expect([verdict.missing, verdict.duplicates]).to.deep.equal([[], []]);
  });
});

/** Processes samples with an error until the connection closes, or dies while it works on the sample `fatal`. */
async function process(connection: NatsConnection, bug: Bug, fatal = Infinity): Promise<void> {
  const client = jetstream(connection);
  let taken = 0;
  while (!connection.isClosed()) {
    try {
      const consumer = await client.consumers.get(SAMPLES, PROCESSORS);
      const messages = await consumer.consume({ max_messages: 20, expires: 2000, idle_heartbeat: 500 });
      for await (const message of messages) {
        if (bug === "acknowledges before it stores") await message.ackAck();
        if (++taken >= fatal) await connection.close();
        if (connection.isClosed()) return;
        await work(connection, message, bug);
      }
    } catch {
      await sleep(100);
    }
  }
}

async function work(connection: NatsConnection, message: JsMsg, bug: Bug): Promise<void> {
  if (message.redelivered && bug === "never takes redeliveries") return;
  const sample = parseJson(sampleSchema, message.data);
  if (!sample.ok) throw new Error(sample.problem);
  const { id, value1: result1 } = sample.value;
  const own = { processingTime: 1, result1, processor: "tester", kind: "felix", storedAt: Date.now() };
  const result = JSON.stringify({ id, ...own, sample: sample.value });
  const client = jetstream(connection);
  const dropped = bug === "drops redeliveries" && message.redelivered;
  if (!dropped) await client.publish(resultSubject("tester"), result, { msgID: id });
  if (bug === "stores twice") await client.publish(resultSubject("tester"), result);
  message.ack();
}
