/**
 * What the viewer makes of what it knows, and how its page writes and draws it.
 * Not proven here: that the sources are read (tests/engine/viewer.test.ts), that a browser shows it (tests/browser).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { viewerMetrics } from "../../images/datastore-viewer/src/metrics";
import { snapshot, systemStats, type Known } from "../../images/datastore-viewer/src/snapshot";
import { linePath, roundTop } from "../../images/datastore-viewer/web/lib/chart";
import { count, duration, explain, percent, rate, replicas, trend } from "../../images/datastore-viewer/web/lib/format";
import { renderMetrics } from "../../packages/service/index";

const roles = { producers: ["producer"], processors: { felix: "processor", celix: "processor-celix" } };
const nothing: Known = {
  at: 1,
  queue: undefined,
  store: undefined,
  controllers: undefined,
  ratePercent: undefined,
  agents: [],
  totals: { accepted: null, rejected: null, results: null },
  problems: { queue: "no answer" },
};
const controllers = [
  { name: "producer", requested: 4, ready: 3 },
  { name: "processor", requested: 2, ready: 2 },
  { name: "processor-celix", requested: 1, ready: 0 },
  { name: "something-else", requested: 9, ready: 9 },
];

describe("viewer: snapshot", () => {
  it("sums ready and requested replicas of the roles' controllers only", () => {
    const now = snapshot({ ...nothing, controllers }, roles);
    expect(now.processors).to.deep.equal({ running: 2, requested: 3 });
    expect(now.processorsByKind).to.deep.equal({
      felix: { running: 2, requested: 2 },
      celix: { running: 0, requested: 1 },
    });
    expect(systemStats(now)).to.include({ processors: "2 / 3", producers: "3 / 4" });
  });

  it("says that nothing is known rather than zero", () => {
    const stats = systemStats(snapshot(nothing, roles));
    expect(stats).to.deep.include({
      processors: "unknown",
      producers: "unknown",
      productionRate: null,
      results: null,
      accepted: null,
      queue: null,
      problems: { queue: "no answer" },
    });
  });

  it("goes on showing totals that it knew while their source does not answer", () => {
    const totals = { accepted: 10, rejected: 1, results: 9 };
    expect(systemStats(snapshot({ ...nothing, totals }, roles))).to.include(totals);
  });

  it("gives Prometheus what is known, by kind and state", async () => {
    const now = snapshot({ ...nothing, controllers, totals: { accepted: 5, rejected: null, results: 4 } }, roles);
    const text = await renderMetrics(viewerMetrics(now, 2));
    expect(text).to.match(/^inaetics_results_total 4$/m);
    expect(text).to.match(/^inaetics_processors\{kind="felix",state="running"\} 2$/m);
    expect(text).to.match(/^inaetics_producers\{state="requested"\} 4$/m);
    expect(text).not.to.match(/^inaetics_(samples_rejected_total|queue_depth)/m);
  });
});

describe("viewer: how figures are written", () => {
  it("writes what is not known as a dash", () => {
    for (const write of [count, rate, percent, trend, duration]) {
      for (const value of [null, undefined, NaN]) expect(write(value)).to.equal("–");
    }
    expect(replicas(null)).to.equal("unknown");
  });

  it("writes figures as people read them", () => {
    expect(count(1234567)).to.equal("1,234,567");
    expect(rate(12.34)).to.equal("12.3");
    expect(rate(99.96)).to.equal("100");
    expect(percent(0)).to.equal("0.0 %");
    expect(trend(-2.25)).to.equal("−2.3 %/s");
    expect(trend(0.01)).to.equal("steady");
    expect(duration(999)).to.equal("999 ms");
    expect(duration(61_000)).to.equal("61.0 s");
    expect(duration(600_000)).to.equal("10 min");
  });
});

describe("viewer: what is not known", () => {
  it("names each reason once", () => {
    expect(explain({ streams: "gone", rate: "gone", controllers: "refused" })).to.deep.equal([
      "not known: streams, rate (gone)",
      "not known: controllers (refused)",
    ]);
    expect(explain({})).to.deep.equal([]);
  });
});

describe("viewer: charts", () => {
  const area = { from: 0, to: 100, top: 10, width: 600, height: 120 };

  it("draws a line that is broken where nothing was known", () => {
    expect(
      linePath(
        [
          [0, 0],
          [50, 10],
          [75, null],
          [100, 5],
        ],
        area,
      ),
    ).to.equal("M0.0 120.0L300.0 0.0M600.0 60.0");
  });

  it("stays within the chart", () => {
    const point = fc.tuple(
      fc.integer({ min: -50, max: 150 }),
      fc.option(fc.double({ noNaN: true, min: -1e6, max: 1e6 })),
    );
    fc.assert(
      fc.property(fc.array(point), (points) => {
        for (const pair of linePath(points, area).matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)) {
          expect(Number(pair[1])).to.be.within(0, 600);
          expect(Number(pair[2])).to.be.within(0, 120);
        }
      }),
    );
  });

  it("takes a round top that is never below the values and at most 2.5 times the largest", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 1 }), (values) => {
        const top = roundTop(values);
        const largest = Math.max(1, ...values);
        expect(top).to.be.at.least(largest);
        expect(top / largest).to.be.at.most(2.5 + 1e-9);
      }),
    );
    expect(roundTop([null])).to.equal(1);
  });
});
