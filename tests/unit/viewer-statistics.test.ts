/**
 * Measures of agents and results in the viewer. Does not prove that a broker answers as assumed here:
 * tests/services/viewer-statistics.test.ts does.
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { AgentRates, utilisation, type Report } from "../../images/datastore-viewer/src/statistics/agents";
import { Latencies, latencyOf } from "../../images/datastore-viewer/src/statistics/latency";
import { countRedeliveries } from "../../images/datastore-viewer/src/statistics/redeliveries";

const report = (kind: Report["kind"], counters: Partial<Report>): Report => ({
  name: "pod",
  displayName: "Pod",
  type: "throughput",
  unit: "samples/sec",
  value: 99,
  kind,
  ...counters,
});

describe("viewer: rates of agents", () => {
  /** Reports each second of a processor with these counters. */
  const follow = (counters: readonly number[], kind: "processor" | "producer" = "processor"): AgentRates => {
    const rates = new AgentRates();
    const key = kind === "processor" ? "processed" : "accepted";
    for (const [index, count] of counters.entries()) rates.add("p", report(kind, { [key]: count }), index * 1000);
    return rates;
  };
  const rate = (rates: AgentRates, now: number): number | null | undefined => rates.list(now)[0]?.rate;

  it("measures by the counter and not by the rate that the agent reports", () => {
    expect(rate(follow([0, 100, 200, 300]), 3000)).to.equal(100);
    expect(rate(follow([0, 0, 0]), 2000)).to.equal(0);
    expect(rate(follow([5, 25, 45], "producer"), 2000)).to.equal(20);
  });

  it("has no rate after one report or right after a restart, and never a negative one", () => {
    expect(rate(follow([1000]), 0)).to.equal(null);
    expect(rate(follow([1000, 1100, 1200, 7]), 3000)).to.equal(null);
    expect(rate(follow([1000, 1100, 1200, 0, 50, 100]), 5000)).to.equal(50);
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { minLength: 1 }), (counters) => {
        expect(rate(follow(counters), (counters.length - 1) * 1000) ?? 0).to.be.at.least(0);
      }),
    );
  });

  it("forgets silent agents, and follows a bounded number", () => {
    const rates = follow([0, 10]);
    expect(rates.list(7000)).to.deep.equal([]);
    for (let each = 0; each < 1000; each++) rates.add(`stranger-${each}`, report("processor", { processed: 1 }), 8000);
    expect(rates.list(8000)).to.have.length(100);
  });

  it("uses the reported rate of an agent without a counter, and ignores queue and data store", () => {
    const rates = new AgentRates();
    rates.add("p", report("producer", {}), 0);
    for (const kind of ["queue", "store"] as const) rates.add(kind, report(kind, {}), 0);
    expect(rates.list(0).map((each) => [each.pod, each.rate])).to.deep.equal([["p", 99]]);
  });

  it("relates the producers' output to their maximum", () => {
    const producer = (pod: string, made: number | null, maxRate?: number) => {
      return { pod, rate: made, report: report("producer", { maxRate }) };
    };
    expect(utilisation([producer("a", 100, 1000), producer("b", 50, 500)])).to.equal(10);
    expect(utilisation([{ pod: "c", rate: 5, report: report("processor", {}) }])).to.equal(null);
    expect(utilisation([producer("a", null, 1000)])).to.equal(null);
    expect(utilisation([producer("a", 100, 1000), producer("b", 100)])).to.equal(null);
    expect(utilisation([])).to.equal(null);
  });
});

describe("viewer: latency", () => {
  it("returns percentiles of the last 10 s, null without results", () => {
    const latencies = new Latencies();
    expect(latencies.percentiles(0)).to.deep.equal({ p50: null, p95: null, p99: null });
    for (let each = 1; each <= 100; each++) latencies.add(1000, each);
    expect(latencies.percentiles(2000)).to.deep.equal({ p50: 50, p95: 95, p99: 99 });
    latencies.add(9000, 7);
    expect(latencies.percentiles(12_000)).to.deep.equal({ p50: 7, p95: 7, p99: 7 });
    expect(latencies.percentiles(20_000).p50).to.equal(null);
  });

  it("is never below 0, ordered, and one of the received values, for any number of them", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -100, max: 1e6 }), { minLength: 1, maxLength: 5000 }), (values) => {
        const latencies = new Latencies();
        for (const each of values) latencies.add(0, each);
        const { p50, p95, p99 } = latencies.percentiles(0);
        const recent = values.slice(-2000).map((each) => Math.max(0, each));
        for (const each of [p50, p95, p99]) expect(recent).to.include(each);
        expect(p50 ?? NaN).to.be.at.most(p95 ?? NaN);
        expect(p95 ?? NaN).to.be.at.most(p99 ?? NaN);
      }),
      { numRuns: 30 },
    );
  });

  it("is read from results only", () => {
    const of = (text: string) => latencyOf(new TextEncoder().encode(text));
    expect(of(JSON.stringify({ id: "a", storedAt: 150, sample: { sampleTime: 100 } }))).to.equal(50);
    for (const text of ["", "{}", "null", `{"storedAt":"1","sample":{"sampleTime":1}}`, "\u0000"]) {
      expect(of(text), text).to.equal(undefined);
    }
  });
});

describe("viewer: redeliveries", () => {
  const at = (deliveries: number, reached: number, consumer = "first") => ({ consumer, deliveries, reached });

  it("counts the deliveries beyond the position in the stream", () => {
    const first = countRedeliveries(undefined, at(103, 100));
    expect(first.total).to.equal(3);
    const second = countRedeliveries(first, at(210, 200));
    expect(second.total).to.equal(10);
    expect(countRedeliveries(second, at(210, 200)).total).to.equal(10);
  });

  it("continues after the consumer was created again, which starts far behind", () => {
    const first = countRedeliveries(undefined, at(103, 100));
    const again = countRedeliveries(first, at(1, 101, "second"));
    expect(again.total).to.equal(3);
    expect(countRedeliveries(again, at(12, 110, "second")).total).to.equal(5);
    expect(countRedeliveries(undefined, at(1, 101, "second")).total).to.equal(0);
  });
});
