/**
 * Texts of the dashboard's pages: formats of values, the values that are kept, and sentences about the state.
 * Not proven here: that a browser shows it (viewer.test.ts).
 */
import { expect } from "chai";
import { ago, clock } from "@inaetics/web";
import * as fc from "fast-check";
import type { Excerpt } from "@inaetics/model";
import * as format from "../../images/datastore-viewer/web/lib/format";
import { Growth, verdict, type Live, type StoredEvent } from "../../images/datastore-viewer/web/lib/live";
import { addEvent } from "../../images/datastore-viewer/web/lib/log";
import { marksOf } from "../../images/datastore-viewer/web/lib/marks";
import { merge, nothing, roundTop } from "../../images/datastore-viewer/web/lib/past";
import { Requested } from "../../images/datastore-viewer/web/lib/requested";
import { upgradeCount, upgradeLines, upkeep } from "../../images/datastore-viewer/web/lib/upgrades";

const { bytes, cores, count, duration, explain, percent, perSecond, rate, replicas, trend } = format;

const event = (id: number, parts: Partial<StoredEvent> = {}): StoredEvent => {
  return { id, time: id * 1000, source: "coordinator", kind: "scaled", reason: "because", by: "viewer-1", ...parts };
};

describe("dashboard pages: figures", () => {
  it("are 'unknown' when they are not known, never 0", () => {
    for (const write of [count, rate, percent, perSecond, trend, duration, bytes, cores]) {
      for (const value of [null, undefined, NaN, Infinity]) expect(write(value)).to.equal("unknown");
    }
    expect([replicas(null), ago(null, 5)]).to.deep.equal(["unknown", "unknown"]);
  });

  it("have a suitable unit and number of decimals", () => {
    expect([1234567, 0].map(count)).to.deep.equal(["1,234,567", "0"]);
    expect([12.34, 99.96].map(rate)).to.deep.equal(["12.3", "100"]);
    expect([0, 0.01, 12.34].map(percent)).to.deep.equal(["0.0 %", "< 0.1 %", "12.3 %"]);
    expect([-2.25, 0.01, 1].map(trend)).to.deep.equal(["−2.3 %/s", "steady", "+1.0 %/s"]);
    expect([999, 61_000, 600_000, 9e6, 9e8].map(duration)).to.deep.equal([
      "999 ms",
      "61.0 s",
      "10 min",
      "3 h",
      "10 days",
    ]);
    expect([900, 38 * 1024 ** 2, 1.5 * 1024 ** 3].map(bytes)).to.deep.equal(["1 KiB", "38 MiB", "1.5 GiB"]);
    expect([0.254, 2].map(cores)).to.deep.equal(["0.25", "2.00"]);
    expect([ago(10_000, 12_400), ago(10_000, 9000)]).to.deep.equal(["2 s ago", "just now"]);
  });

  it("show the local time of day, and the date when it is not today", () => {
    const noon = new Date(2030, 4, 6, 12, 3, 4).getTime();
    expect(clock(noon, noon + 1000)).to.equal("12:03:04");
    expect(clock(noon, noon + 1000, "minutes")).to.equal("12:03");
    expect(clock(noon, noon + 86_400_000)).to.equal("6 May 12:03:04");
  });

  it("name each reason once, with all parts that are not known because of it", () => {
    expect(explain({ streams: "gone", rate: "gone", controllers: "refused" })).to.deep.equal([
      "not known: streams, rate (gone)",
      "not known: controllers (refused)",
    ]);
  });
});

describe("dashboard pages: the past", () => {
  const excerpt = (from: number, step: number, ...values: readonly (number | null)[]): Excerpt => {
    const points = values.map((value, index) => [(from + index * step) * 1000, value] as const);
    const described = { name: "queue", displayName: "Queue", type: "utilization", unit: "%" };
    return { from: from * 1000, step, series: [{ ...described, points }] };
  };
  const values = (past: typeof nothing): readonly (number | null)[] => past.lines[0]?.values ?? [];

  it("is joined from pieces, with gaps where data is missing", () => {
    const begin = merge(nothing, excerpt(100, 1, 1, 2, null), 60);
    const more = merge(begin, excerpt(102, 1, 3, 4), 60);
    expect(values(more)).to.deep.equal([1, 2, 3, 4]);
    const later = merge(more, excerpt(106, 1, 7), 60);
    expect(later.times).to.deep.equal([100, 101, 102, 103, 104, 105, 106]);
    expect(values(later)).to.deep.equal([1, 2, 3, 4, null, null, 7]);
  });

  it("drops points older than the range, and begins again at another resolution", () => {
    const begin = merge(nothing, excerpt(100, 1, 1, 2, 3, 4), 3);
    expect([begin.times, values(begin)]).to.deep.equal([
      [101, 102, 103],
      [2, 3, 4],
    ]);
    expect(merge(begin, excerpt(60, 10, 5, 6), 3600)).to.deep.include({ times: [60, 70], step: 10 });
    expect(merge(begin, { from: null, step: 1, series: [] }, 3)).to.equal(begin);
  });

  it("never has more points than its range, and each line has one value per moment", () => {
    const piece = fc.record({
      from: fc.nat(200),
      values: fc.array(fc.option(fc.nat(9)), { minLength: 1, maxLength: 30 }),
    });
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        let past = nothing;
        for (const each of pieces) past = merge(past, excerpt(each.from, 1, ...each.values), 20);
        expect(past.times.length).to.be.at.most(20);
        for (const line of past.lines) expect(line.values.length).to.equal(past.times.length);
      }),
    );
  });

  it("has an axis whose end is round, not below the values, and at most 2.5 times the largest", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 1 }), (all) => {
        const top = roundTop(all, 1);
        const largest = Math.max(1, ...all);
        expect(top).to.be.at.least(largest);
        expect(top / largest).to.be.at.most(2.5 + 1e-9);
      }),
    );
    expect(roundTop([null], 10)).to.equal(10);
  });
});

describe("dashboard pages: events", () => {
  it("are kept once each and in order, however often the stream begins again", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (ids) => {
        const kept = ids.reduce<readonly StoredEvent[]>((all, id) => addEvent(all, event(id)), []);
        expect(kept.map(({ id }) => id)).to.deep.equal([...new Set(ids)].sort((one, other) => one - other));
      }),
    );
    const many = Array.from({ length: 900 }, (_, index) => event(index + 1)).reduce<readonly StoredEvent[]>(
      (all, each) => addEvent(all, each),
      [],
    );
    expect([many.length, many.at(-1)?.id]).to.deep.equal([500, 900]);
  });

  it("are marked on the charts with their change when they changed something", () => {
    const kinds = (felix: number, celix: number): { felix: number; celix: number } => ({ felix, celix });
    const texts = marksOf([
      event(1, { from: kinds(1, 0), to: kinds(1, 1) }),
      event(2, { from: kinds(2, 1), to: kinds(1, 1) }),
      event(3, { kind: "held", from: kinds(1, 1), to: kinds(1, 1) }),
      event(4, { kind: "rate", reason: "sample rate: 5 % => 60 %" }),
      event(5, { kind: "producers", from: kinds(1, 0), to: kinds(4, 0) }),
      event(6, { kind: "leader" }),
      event(7, { kind: "overload" }),
      event(8, { kind: "upgrade-began", node: "node-3" }),
      event(9, { kind: "upgrade-ended", node: "node-3" }),
    ]).map(({ at, text }) => `${at} ${text}`);
    expect(texts).to.deep.equal([
      "1 ▲ 1→2",
      "2 ▼ 3→2",
      "4 ✎ 60 %",
      "5 ✎ 1→4",
      "7 ✕ refused",
      "8 ⇧ node-3",
      "9 ✓ node-3",
    ]);
  });
});

describe("dashboard pages: sentences", () => {
  const queue = { utilisation: 2, slope: 0, depth: 20 };
  const live = (parts: object): Live =>
    ({
      productionRate: 160,
      processors: { running: 3, requested: 3 },
      latency: { p50: 14, p95: 20, p99: 30 },
      queue,
      ...parts,
    }) as unknown as Live;
  const words = (parts: object, rejected = 0): string => verdict(live(parts), rejected).words;
  const tone = (parts: object, rejected = 0): string => verdict(live(parts), rejected).tone;

  it("describe the state of the data path, the worst first", () => {
    expect(words({})).to.equal("3 processors keep up with 160 samples/s; results are stored after 14 ms.");
    expect(words({ productionRate: 0 })).to.equal("Idle: no samples are produced.");
    expect(words({ processors: { running: 1, requested: 3 } })).to.equal(
      "1 processor is running, 2 more are starting; the queue is 2.0 % full.",
    );
    expect(words({ queue: { ...queue, slope: 2 } })).to.equal("The backlog grows: the queue is 2.0 % full.");
    expect(tone({ queue: { ...queue, utilisation: 60 } })).to.equal("wait");
    expect(words({}, 42)).to.match(/^Overload: .* 42 samples were refused/);
    expect(tone({ processors: { running: 0, requested: 1 } })).to.equal("bad");
    expect([tone({}), tone({ queue: null }), tone({ processors: null })]).to.deep.equal(["good", "wait", "wait"]);
  });

  it("name the nodes that are being upgraded; none when that is not known", () => {
    expect(upgradeLines({ "node-3": "v1.37.2", "node-1": "v1.37.2" })).to.deep.equal([
      "node-1 is being upgraded to v1.37.2",
      "node-3 is being upgraded to v1.37.2",
    ]);
    expect([upgradeLines({}), upgradeLines(null)]).to.deep.equal([[], []]);
    const counted = (...versions: readonly (string | null)[]): string =>
      upgradeCount(versions.map((upgrading) => ({ upgrading })));
    expect(counted("v1.37.2", null, null)).to.equal("1 of 3 boxes is being upgraded.");
    expect(counted("v1.37.2", "v1.37.2")).to.equal("2 of 2 boxes are being upgraded.");
    expect([counted(null), counted()]).to.deep.equal(["", ""]);
  });

  it("describe the upgrade of a node, and the number of its leaving pods", () => {
    const words = (upgrading: string | null, unschedulable: boolean, ...leaving: readonly boolean[]): string =>
      upkeep({ upgrading, unschedulable, pods: leaving.map((each) => ({ leaving: each })) });
    expect(words("v1.37.2", true, true, false)).to.equal(
      "being upgraded to v1.37.2, takes no new pods, 1 pod is leaving",
    );
    expect(words("v1.37.2", false)).to.equal("being upgraded to v1.37.2");
    expect(words(null, true, true, true)).to.equal("takes no new pods, 2 pods are leaving");
    // A pod that ends for another reason is no fact about its node.
    expect(words(null, false, true)).to.equal("");
  });

  it("count the recently refused samples, and begin again when the total does", () => {
    const growth = new Growth(3);
    expect([10, 12, 15, 15, 15, 3, null, 4].map((total) => growth.add(total))).to.deep.equal([0, 2, 5, 3, 0, 0, 0, 1]);
  });

  it("show a requested value until the server confirms it, or for a limited time", () => {
    const requested = new Requested<number>();
    requested.set(60, 1000);
    expect([requested.show(5, 2000), requested.show(60, 3000), requested.show(20, 3500)]).to.deep.equal([60, 60, 20]);
    requested.set(80, 1000);
    expect([requested.show(5, 7000), requested.show(5, 7001)]).to.deep.equal([80, 5]);
    requested.set(90, 8000);
    requested.clear();
    expect(requested.show(5, 8001)).to.equal(5);
  });
});
