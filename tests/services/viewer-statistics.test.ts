/**
 * The viewer's statistics with a real broker and queue agent: measures of the flow, the history, and the query of
 * stored results. Does not prove: the wiring into the viewer's own process (viewer.test.ts), or nodes and pods
 * (viewer-nodes.test.ts).
 */
import { jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { expect } from "chai";
import type { FastifyInstance } from "fastify";
import { setTimeout as sleep } from "node:timers/promises";
import { snapshot } from "../../images/datastore-viewer/src/pages/snapshot";
import { Sources } from "../../images/datastore-viewer/src/pages/sources";
import { Statistics } from "../../images/datastore-viewer/src/statistics";
import {
  excerptSchema,
  resultPageSchema,
  statisticsSchema,
  utilisationSchema,
  type DataPathSnapshot,
  type ResultPage,
} from "@inaetics/model";
import * as z from "zod/mini";
import { PROCESSORS, SAMPLES, statisticsSubject } from "@inaetics/samples";
import { createServer, renderMetrics } from "@inaetics/service";
import { TestBroker } from "../support/broker";
import { Processor, put } from "../support/pipeline";
import { eventually } from "../support/eventually";
import { Service } from "../support/service";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe("viewer statistics", function () {
  this.timeout(90_000);
  let broker: TestBroker;
  let connection: NatsConnection | undefined;
  let tester: NatsConnection;
  let agent: Service;
  let sources: Sources;
  let statistics: Statistics;
  let server: FastifyInstance;
  let firstStored: number;
  const connected = (): NatsConnection => {
    if (connection === undefined) throw new Error("not connected yet");
    return connection;
  };
  const current = (): DataPathSnapshot => snapshot(sources.known(), { producers: [], processors: {} });
  const get = async <T>(schema: z.ZodMiniType<T>, address: string): Promise<T> => {
    const answer = await server.inject(address);
    expect(answer.statusCode, answer.body).to.equal(200);
    return z.parse(schema, answer.json());
  };
  const refusal = async (address: string): Promise<{ status: number; detail: string }> => {
    const answer = await server.inject(address);
    expect(answer.headers["content-type"]).to.match(/^application\/problem\+json/);
    return answer.json();
  };

  before(async () => {
    broker = await TestBroker.start();
    tester = await broker.connect();
    sources = new Sources(connected, undefined, silent);
    statistics = new Statistics({ connected, access: undefined, current, log: silent });
    process.env["LOG_LEVEL"] = "silent";
    server = createServer({
      unhealthy: () => undefined,
      unready: () => undefined,
      metrics: () => statistics.metrics(),
    });
    statistics.routes(server);
    sources.start();
    statistics.start();
  });
  /* eslint-disable @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way */
  after(async () => {
    statistics?.stop();
    sources?.stop();
    await server?.close();
    await connection?.close();
    await tester?.close();
    await agent?.stop("SIGKILL");
    await broker?.remove();
  });
  /* eslint-enable @typescript-eslint/no-unnecessary-condition */

  it("reports unknown values as null, not 0", async () => {
    await eventually("a second remembered", 5, async () => statistics.history.names.length > 0);
    const { series } = await get(excerptSchema, "/coordinator/history");
    expect(series.map((each) => each.name)).to.include.members(["queue", "data-store", "latency-p99", "utilization"]);
    for (const { points } of series) for (const [, value] of points) expect(value).to.equal(null);
    const reference = { name: "Utilization", type: "utilization", unit: "%", value: null };
    expect(await get(utilisationSchema, "/coordinator/utilisation")).to.deep.equal(reference);
    expect(statistics.snapshotParts()).to.deep.equal({
      latency: { p50: null, p95: null, p99: null },
      redelivered: null,
      restarts: null,
      upgrades: null,
      agentRates: {},
      utilisation: null,
    });
    expect(await renderMetrics(statistics.metrics())).not.to.match(/^inaetics_/m);
    for (const address of ["/coordinator/nodes", "/coordinator/clusterInfo", "/coordinator/results"]) {
      expect(await refusal(address)).to.include({ status: 503 });
    }
  });

  it("measures the latency of results", async () => {
    agent = await Service.start("queue-agent", { ...broker.environment, POD_NAME: "queue-1", QUEUE_REPLICAS: "1" });
    connection = await broker.connect();
    sources.listen(connection);
    statistics.listen(connection);
    await eventually(
      "the queue",
      15,
      async () => current().queue !== null && statistics.snapshotParts().redelivered === 0,
    );
    await put(tester, "producer-1", 0, 200);
    await sleep(600);
    const processor = new Processor(tester);
    const { p50, p95, p99 } = await eventually("latency", 10, async () => {
      const { latency } = statistics.snapshotParts();
      return latency.p50 !== null && latency;
    });
    expect(p50).to.be.within(500, 5000);
    expect(p95).to.be.within(p50 ?? 0, p99 ?? 0);
    await eventually("all stored", 10, async () => current().results === 200);
    await processor.stop();
    firstStored = Date.now();
    await sleep(50);
  });

  it("counts redeliveries", async () => {
    await put(tester, "producer-2", 0, 40);
    const consumer = await jetstream(tester).consumers.get(SAMPLES, PROCESSORS);
    for (let each = 0; each < 3; each++) (await consumer.next())?.nak();
    const processor = new Processor(tester);
    await eventually("all stored", 20, async () => current().results === 240);
    await eventually("redeliveries", 10, async () => statistics.snapshotParts().redelivered === 3);
    expect(await renderMetrics(statistics.metrics())).to.match(/^inaetics_samples_redelivered_total 3$/m);
    await processor.stop();
  });

  it("measures each agent by its counters, across its restarts, and producers relative to their maximum", async () => {
    const agents = reportAgents(tester);
    try {
      const rate = (pod: string): number => statistics.snapshotParts().agentRates[pod] ?? NaN;
      await eventually(
        "rates",
        10,
        async () => Math.abs(rate("proc-1") - 50) < 5 && Math.abs(rate("prod-1") - 200) < 20,
      );
      expect(statistics.snapshotParts().utilisation).to.be.closeTo(50, 5);
      await eventually(
        "a restart",
        10,
        async () => agents.restarted && statistics.snapshotParts().agentRates["proc-1"] === null,
      );
      await eventually("the rate again", 10, async () => Math.abs(rate("proc-1") - 50) < 5);
      const { series } = await get(excerptSchema, "/coordinator/history?name=proc-1&seconds=60");
      const known = (series[0]?.points ?? []).flatMap(([, value]) => (value === null ? [] : [value]));
      expect(known).to.have.length.above(2);
      for (const each of known) expect(each).to.be.within(0, 60);
      expect(await get(utilisationSchema, "/coordinator/utilisation"))
        .to.have.property("value")
        .within(45, 55);
    } finally {
      agents.stop();
    }
    await eventually("the agents gone", 10, async () => !("proc-1" in statistics.snapshotParts().agentRates));
  });

  it("samples each second without requests, and answers in the reference system's shape", async () => {
    const { series, step } = await eventually("10 s without a hole", 12, async () => {
      const last = await get(excerptSchema, "/coordinator/history?name=queue,data-store&seconds=10");
      return last.series.every(({ points }) => points.every(([, value]) => value !== null)) && last;
    });
    expect(series.map((each) => each.name)).to.deep.equal(["data-store", "queue"]);
    for (const { points } of series) {
      expect(points).to.have.length(10);
      for (const [index, [at]] of points.slice(1).entries())
        expect(at - (points[index]?.[0] ?? 0)).to.equal(step * 1000);
    }
    const [queue] = await get(statisticsSchema, "/coordinator/statistics?queue");
    expect(queue).to.include({ name: "queue", displayName: "Queue", type: "utilization", unit: "%" });
    expect(queue?.timestamps).to.have.length.within(10, 24);
    expect(queue?.values).to.have.length(queue?.timestamps.length ?? 0);
    const all = await get(statisticsSchema, "/coordinator/statistics");
    expect(all.map((each) => each.name)).to.include.members(["production", "processing", "rejected", "latency-p50"]);
  });

  it("returns stored results page by page, each once and in order", async () => {
    const pages: ResultPage[] = [];
    for (let after: number | null = 0; after !== null; after = pages.at(-1)?.next ?? null) {
      pages.push(await get(resultPageSchema, `/coordinator/results?limit=70&after=${after}`));
    }
    expect(pages.map((each) => each.results.length)).to.deep.equal([70, 70, 70, 30]);
    const results = pages.flatMap((each) => each.results);
    expect(results.map((each) => each.seq)).to.deep.equal(Array.from({ length: 240 }, (_, index) => index + 1));
    expect(new Set(results.map((each) => each.id)).size).to.equal(240);
    expect((await get(resultPageSchema, "/coordinator/results?limit=240")).next).to.equal(null);
    expect(await get(resultPageSchema, "/coordinator/results?after=240")).to.deep.equal({ results: [], next: null });
  });

  it("returns results of a time range", async () => {
    const iso = new Date(firstStored).toISOString();
    const count = async (query: string): Promise<number> => {
      return (await get(resultPageSchema, `/coordinator/results?${query}`)).results.length;
    };
    expect(await count(`to=${iso}`)).to.equal(200);
    expect(await count(`from=${firstStored}`)).to.equal(40);
    expect(await count(`from=${firstStored}&to=${Date.now()}&limit=10`)).to.equal(10);
    expect(await count(`from=${firstStored}&after=230`)).to.equal(10);
    expect(await count(`from=${Date.now() + 1000}`)).to.equal(0);
    expect(await count("to=2001-01-01")).to.equal(0);
  });

  it("returns results as a CSV file, with the next page's number, without foreign messages", async () => {
    await jetstream(tester).publish("results.stranger", "no result");
    const csv = await server.inject("/coordinator/results?format=csv&limit=100");
    expect(csv.headers).to.include({ "content-type": "text/csv; charset=utf-8", "x-next": "100" });
    expect(csv.headers["content-disposition"]).to.equal('attachment; filename="results.csv"');
    const lines = csv.body.trimEnd().split("\r\n");
    expect(lines).to.have.length(101);
    expect(lines[1]).to.match(/^1,producer-1-\d+,\d{13},\d{13},processor-1,felix,1,1,1,2$/);
    const last = await server.inject("/coordinator/results?format=csv&after=230");
    expect(last.headers).not.to.have.property("x-next");
    expect(last.body.trimEnd().split("\r\n")).to.have.length(11);
  });

  it("leaves no subscription behind on the connection, after any number of requests", async () => {
    const subscriptions = (): number =>
      (connected() as unknown as { protocol: { subscriptions: { size(): number } } }).protocol.subscriptions.size();
    await get(resultPageSchema, "/coordinator/results?limit=1");
    const before = subscriptions();
    for (let each = 0; each < 20; each++)
      await get(resultPageSchema, `/coordinator/results?limit=5&after=${each * 20}`);
    expect(subscriptions()).to.be.at.most(before + 1);
  });

  it("refuses bad values with the allowed ones", async () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ["/coordinator/history?seconds=0", /allowed are whole numbers from 1 to 86400/],
      ["/coordinator/history?name=nothing", /got "nothing"; allowed are data-store, /],
      ["/coordinator/statistics?nothing", /allowed are data-store, /],
      ["/coordinator/results?since=1", /"since": not known; allowed are from, to, after, limit, format/],
    ];
    for (const [address, detail] of cases) {
      const answer = await refusal(address);
      expect(answer.status, address).to.equal(400);
      expect(answer.detail).to.match(detail);
    }
  });

  it("answers 503 soon while the data store does not answer, records no values then, and recovers", async () => {
    await broker.down("SIGKILL");
    const began = Date.now();
    const answers = await Promise.all(Array.from({ length: 6 }, () => refusal("/coordinator/results")));
    expect(Date.now() - began).to.be.below(3000);
    for (const each of answers) expect(each.status).to.equal(503);
    expect(answers.map((each) => each.detail).join())
      .to.match(/cannot be read/)
      .and.to.match(/already 2 questions/);
    await eventually("the queue unknown", 15, async () => current().queue === null);
    await sleep(2100);
    const { series } = await get(excerptSchema, "/coordinator/history?name=queue,rejected,latency-p50&seconds=1");
    for (const { points } of series) expect(points[0]?.[1]).to.equal(null);
    await broker.up();
    await eventually("the queue", 20, async () => current().queue !== null);
    await eventually("no latency any more", 15, async () => statistics.snapshotParts().latency.p50 === null);
    await put(tester, "producer-3", 0, 300);
    const processor = new Processor(tester);
    await eventually("latency again", 15, async () => statistics.snapshotParts().latency.p50 !== null);
    await eventually(
      "results again",
      15,
      async () => (await get(resultPageSchema, "/coordinator/results?after=241")).results.length === 300,
    );
    await processor.stop();
    await eventually("redeliveries", 5, async () => (statistics.snapshotParts().redelivered ?? 0) >= 3);
  });
});

/** Reports of a processor (50 samples/s, its process starts again after 6 s) and of a producer (200 of 400 samples/s). */
function reportAgents(connection: NatsConnection): { restarted: boolean; stop: () => void } {
  const common = { type: "throughput", unit: "samples/sec", value: 1 };
  const begun = Date.now();
  const state = { restarted: false, stop: () => clearInterval(timer) };
  const timer = setInterval(() => {
    const passed = Date.now() - begun;
    state.restarted = passed > 6000;
    const processed = Math.round((state.restarted ? passed - 6000 : 100_000 + passed) * 0.05);
    const processor = { name: "Proc.1", displayName: "Processor (1)", kind: "processor", processed, ...common };
    const own = { kind: "producer", accepted: Math.round(passed * 0.2), maxRate: 400 };
    const producer = { name: "prod-1", displayName: "Producer (1)", ...own, ...common };
    connection.publish(statisticsSubject("proc-1"), JSON.stringify(processor));
    connection.publish(statisticsSubject("prod-1"), JSON.stringify(producer));
    connection.publish("statistics.stranger", "nonsense");
  }, 250);
  return state;
}
