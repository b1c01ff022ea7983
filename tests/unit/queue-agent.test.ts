/**
 * The queue agent's decisions about streams, and the settings that it reads.
 * Not proven here: that the broker does it (tests/services/queue-agent.test.ts).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import {
  planConsumer,
  planStream,
  processorsConsumer,
  resultsStream,
  samplesStream,
} from "../../images/queue-agent/src/plan";
import { queueMetrics } from "../../images/queue-agent/src/metrics";
import { Environment, EnvironmentError, readQueue, renderMetrics } from "@inaetics/service";

const settings = { capacity: 10_000, replicas: 3, resultCapacity: 1_000_000, resultBytes: 1 << 29 };

describe("queue-agent: streams", () => {
  it("defines a queue that refuses samples when full, and a store that keeps the newest results", () => {
    expect(samplesStream(settings)).to.include({
      retention: "workqueue",
      discard: "new",
      max_msgs: 10_000,
      num_replicas: 3,
    });
    expect(resultsStream(settings)).to.include({
      retention: "limits",
      discard: "old",
      storage: "file",
      num_replicas: 3,
    });
  });

  it("creates missing streams, and leaves streams with the wanted settings unchanged", () => {
    const wanted = samplesStream(settings);
    expect(planStream(undefined, wanted).action).to.equal("create");
    expect(planStream({ ...wanted, sealed: false, max_consumers: -1 }, wanted)).to.deep.equal({
      action: "none",
      changes: [],
    });
    const consumer = processorsConsumer();
    expect(planConsumer({ ...consumer, num_replicas: 3 }, consumer).action).to.equal("none");
  });

  it("updates exactly the settings that differ", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 5 }), (capacity, replicas) => {
        const step = planStream(samplesStream(settings), samplesStream({ ...settings, capacity, replicas }));
        const changes = [
          ...(replicas === 3 ? [] : [`num_replicas: 3 => ${replicas}`]),
          ...(capacity === 10_000 ? [] : [`max_msgs: 10000 => ${capacity}`]),
        ];
        expect(step).to.deep.equal({ action: changes.length === 0 ? "none" : "update", changes });
      }),
    );
  });

  it("refuses changes that would lose samples", () => {
    const step = planStream({ ...samplesStream(settings), retention: "limits" }, samplesStream(settings));
    expect(step).to.deep.equal({ action: "refuse", changes: [`retention: "limits" => "workqueue"`] });
  });
});

describe("queue-agent: environment", () => {
  it("reports all problems at once, with the allowed values", () => {
    const environment = new Environment({ QUEUE_CAPACITY: "many", QUEUE_REPLICAS: "0" });
    environment.text("NATS_URL");
    environment.integer("QUEUE_CAPACITY", { min: 1, max: 10 }, 5);
    environment.integer("QUEUE_REPLICAS", { min: 1, max: 5 }, 3);
    expect(() => environment.check())
      .to.throw(EnvironmentError)
      .with.property("problems")
      .that.deep.equals([
        "NATS_URL: not set; set it to a text that is not empty",
        `QUEUE_CAPACITY: got "many"; allowed are whole numbers from 1 to 10`,
        `QUEUE_REPLICAS: got "0"; allowed are whole numbers from 1 to 5`,
      ]);
  });

  it("treats an empty variable as absent", () => {
    const environment = new Environment({ QUEUE_REPLICAS: "" });
    expect(environment.integer("QUEUE_REPLICAS", { min: 1, max: 5 }, 3)).to.equal(3);
    environment.check();
  });
});

describe("queue-agent: reading the stream", () => {
  const state = { messages: 5, last_seq: 12, first_ts: "2026-01-01T00:00:00Z" };
  const manager = (cluster: object | undefined): Parameters<typeof readQueue>[0] => {
    const stream = { config: { max_msgs: 10 }, state, ts: "2026-01-01T00:00:02Z", cluster };
    const consumer = { num_ack_pending: 1, num_redelivered: 0 };
    const answers: unknown = { streams: { info: async () => stream }, consumers: { info: async () => consumer } };
    return answers as Parameters<typeof readQueue>[0];
  };

  it("computes ages by the broker's clock", async () => {
    expect(await readQueue(manager(undefined))).to.include({ depth: 5, accepted: 12, capacity: 10, oldestMs: 2000 });
    expect(await readQueue(manager({ leader: "queue-1" }))).to.include({ depth: 5 });
  });

  it("refuses the answers of replicas while the stream has no leader", async () => {
    for (const cluster of [{}, { leader: "" }]) {
      const failure = await readQueue(manager(cluster)).catch(String);
      expect(failure).to.include("stream SAMPLES has no leader");
    }
  });
});

describe("queue-agent: metrics", () => {
  const figures = {
    at: 1,
    capacity: 200,
    depth: 50,
    accepted: 1234,
    oldestMs: 1500,
    inFlight: 0,
    redelivered: 0,
    utilisation: 25,
    slope: null,
    putRate: null,
    takeRate: null,
    rejected: null,
  };

  it("leaves out unknown figures instead of reporting 0", async () => {
    const text = await renderMetrics(queueMetrics(figures));
    expect(text).to.match(/^inaetics_samples_accepted_total 1234$/m);
    expect(text).to.match(/^inaetics_queue_utilisation_ratio 0.25$/m);
    expect(text).to.match(/^inaetics_queue_oldest_seconds 1.5$/m);
    expect(text).not.to.include("inaetics_queue_stuck");
    const stuck = { at: 1, count: 4, repaired: 2, oldest: { id: "producer-1-6", seq: 7, seconds: 40 } };
    const more = await renderMetrics(queueMetrics({ ...figures, stuck }));
    expect(more).to.match(/^inaetics_queue_stuck 4$/m);
    expect(more).to.match(/^inaetics_samples_repaired_total 2$/m);
    expect(text).not.to.include("inaetics_samples_rejected_total");
    expect(await renderMetrics(queueMetrics(undefined))).not.to.include("inaetics_");
  });
});
