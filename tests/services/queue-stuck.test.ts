/**
 * Samples that a real broker does not deliver again: the queue agent finds, reports and repairs them, and each has one result.
 * Does not prove: the cause, which was the native processor's delay in a wrong unit (images/celix-agent/tests/test_queue.c).
 */
import { jetstream, jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { expect } from "chai";
import {
  COUNTERS,
  EVENTS,
  eventSchema,
  parseJson,
  PROCESSORS,
  RESULTS,
  resultSubject,
  SAMPLES,
  STUCK_KEY,
  stuckReportSchema,
  type ClusterEvent,
} from "@inaetics/samples";
import { QUEUE_PATH, queueSchema, type QueueAnswer } from "@inaetics/model";
import { TestBroker } from "../support/broker";
import { eventually } from "../support/eventually";
import { Processor, put } from "../support/pipeline";
import { Service } from "../support/service";

/** Milliseconds of 500 ms that were taken for nanoseconds: 5.8 days. */
const FOR_DAYS = 500 * 1_000_000;

const planted = ["given-up-0", "put-off-0", "put-off-1", "put-off-2", "unacknowledged-0"];

describe("stuck samples", function () {
  this.timeout(180_000);
  let broker: TestBroker;
  let connection: NatsConnection;
  let manager: JetStreamManager;
  let agent: Service;
  let load: NodeJS.Timeout | undefined;
  let processor: Processor | undefined;
  const queue = (): Promise<QueueAnswer> => agent.read(queueSchema, `/${QUEUE_PATH}`);
  const fetched = async (count: number) => {
    const consumer = await jetstream(connection).consumers.get(SAMPLES, PROCESSORS);
    const messages = [];
    for await (const each of await consumer.fetch({ max_messages: count, expires: 3000 })) messages.push(each);
    expect(messages).to.have.length(count);
    return messages;
  };
  const events = async (kind: ClusterEvent["kind"]): Promise<readonly string[]> => {
    const { state } = await manager.streams.info(EVENTS);
    const found: string[] = [];
    for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
      const message = await manager.streams.getMessage(EVENTS, { seq });
      const event = parseJson(eventSchema, message?.data ?? "");
      if (event.ok && event.value.kind === kind) found.push(event.value.reason);
    }
    return found;
  };

  before(async () => {
    broker = await TestBroker.start();
    connection = await broker.connect();
    const environment = { POD_NAME: "queue-1", QUEUE_CAPACITY: "1000", QUEUE_REPLICAS: "1" };
    agent = await Service.start("queue-agent", { ...broker.environment, ...environment });
    await eventually("readiness", 30, async () => (await agent.status("/readyz")) === 200);
    manager = await jetstreamManager(connection);
  });
  /* eslint-disable @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way */
  after(async () => {
    clearInterval(load);
    await processor?.stop();
    await connection?.close();
    await agent?.stop("SIGKILL");
    await broker?.remove();
  });
  /* eslint-enable @typescript-eslint/no-unnecessary-condition */

  it("are made: one that the broker gave up, three put off for days, and one whose acknowledgement was lost", async () => {
    // A consumer with one delivery each gives the sample up; the agent restores the consumer's settings soon.
    await manager.consumers.update(SAMPLES, PROCESSORS, { max_deliver: 1, ack_wait: 1_000_000_000 });
    await put(connection, "given-up", 0, 1);
    await fetched(1);
    await eventually("the sample given up", 15, async () => {
      const { num_ack_pending } = await manager.consumers.info(SAMPLES, PROCESSORS);
      return num_ack_pending === 0;
    });
    await eventually("the settings restored", 30, async () => {
      const { config } = await manager.consumers.info(SAMPLES, PROCESSORS);
      return config.max_deliver === -1 && config.ack_wait === 10_000_000_000;
    });
    await put(connection, "put-off", 0, 3);
    for (const each of await fetched(3)) each.nak(FOR_DAYS);
    await put(connection, "unacknowledged", 0, 1);
    const [last] = await fetched(1);
    const sample = last?.json<{ readonly id: string }>();
    const result = {
      id: sample?.id,
      processingTime: 1,
      result1: 3,
      processor: "p",
      kind: "felix",
      storedAt: 1,
      sample,
    };
    await jetstream(connection).publish(resultSubject("p"), JSON.stringify(result), { msgID: sample?.id ?? "" });
    last?.nak(FOR_DAYS);
    await connection.flush();
  });

  it("are reported with the oldest one's id, while other samples pass", async () => {
    processor = new Processor(connection);
    let next = 0;
    load = setInterval(() => {
      const from = next;
      next += 5;
      void put(connection, "others", from, next);
    }, 200);
    // The one that was delivered first is found first, and stays until its second remedy.
    const { stuck } = await eventually("the report", 90, async () => {
      const now = await queue();
      return (now.stuck?.count ?? 0) > 0 && now;
    });
    expect(stuck?.oldest).to.include({ id: "given-up-0", seq: 1 });
    expect(stuck?.oldest?.seconds).to.be.at.least(30);
    expect(await agent.text("/metrics")).to.match(/^inaetics_queue_stuck [1-5]$/m);
    const reasons = await eventually("events about all", 60, async () => {
      const text = (await events("stuck")).join("; ");
      return planted.every((id) => text.includes(id)) && text;
    });
    expect(reasons).to.match(/not processed, and not delivered again for 30 s: given-up-0/);
    expect(agent.output).to.include("not delivered again for 30 s: given-up-0");
    const entry = await (await new Kvm(connection).open(COUNTERS)).get(STUCK_KEY);
    expect(parseJson(stuckReportSchema, entry?.string() ?? "").ok).to.equal(true);
  });

  it("are repaired: accepted equals stored, each result once, and nothing else was called stuck", async () => {
    await eventually("the repair", 60, async () => {
      const { stuck } = await queue();
      return stuck?.count === 0 && stuck.repaired === 5;
    });
    clearInterval(load);
    await eventually("accepted equals stored", 20, async () => {
      const [samples, results] = await Promise.all([manager.streams.info(SAMPLES), manager.streams.info(RESULTS)]);
      return samples.state.messages === 0 && results.state.messages === samples.state.last_seq;
    });
    expect(processor?.ids).to.include.members(planted.slice(0, 4));
    expect(processor?.ids).not.to.include("unacknowledged-0");
    expect((await events("stuck")).join(" ")).not.to.include("others-");
    // Each remedy had its turn.
    expect(agent.output).to.match(/deliver again: [^"]*put-off-0/);
    expect(agent.output).to.include("because the results are stored: unacknowledged-0");
    expect(agent.output).to.match(/making the consumer again, .*: given-up-0/);
    expect((await events("repaired")).join(" "))
      .to.include("put-off-1")
      .and.include("given-up-0");
    expect(await agent.text("/metrics")).to.match(/^inaetics_samples_repaired_total 5$/m);
    expect(await manager.consumers.info(SAMPLES, PROCESSORS)).to.include({ num_ack_pending: 0, num_pending: 0 });
  });
});
