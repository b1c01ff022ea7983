/**
 * The viewer's answers from given data.
 * Not proven here: that the sources are read (tests/services/viewer.test.ts), the display in pages (tests/browser).
 */
import { expect } from "chai";
import { pageMetrics } from "../../images/datastore-viewer/src/pages/metrics";
import { snapshot, systemStats, type Known } from "../../images/datastore-viewer/src/pages/snapshot";
import { renderMetrics } from "@inaetics/service";

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

  it("reports unknown values as unknown, not as zero", () => {
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

  it("keeps showing known totals while their source does not answer", () => {
    const totals = { accepted: 10, rejected: 1, results: 9 };
    expect(systemStats(snapshot({ ...nothing, totals }, roles))).to.include(totals);
  });

  it("exports known values to Prometheus, by kind and state", async () => {
    const now = snapshot({ ...nothing, controllers, totals: { accepted: 5, rejected: null, results: 4 } }, roles);
    const text = await renderMetrics(pageMetrics(now, 2));
    expect(text).to.match(/^inaetics_results_total 4$/m);
    expect(text).not.to.include("inaetics_queue_stuck");
    const stuck = snapshot({ ...nothing, stuck: 4 }, roles);
    expect(await renderMetrics(pageMetrics(stuck, 2))).to.match(/^inaetics_queue_stuck 4$/m);
    expect(systemStats(stuck).stuck).to.equal(4);
    expect(text).to.match(/^inaetics_processors\{kind="felix",state="running"\} 2$/m);
    expect(text).to.match(/^inaetics_producers\{state="requested"\} 4$/m);
    expect(text).not.to.match(/^inaetics_(samples_rejected_total|queue_depth)/m);
  });
});
