/**
 * The shared shapes and the computation of the queue's figures, as pure functions.
 * Not proven here: that the broker's numbers have the assumed meaning (tests/services/queue-agent.test.ts).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import {
  addReading,
  countRejections,
  NO_REJECTIONS,
  parseJson,
  perSecond,
  queueFigures,
  REMEMBERED_PODS,
  sampleSchema,
  sampleSubject,
  slide,
  slideCounter,
  statisticSchema,
  statisticsPod,
  statisticsSubject,
  type QueueReading,
} from "@inaetics/samples";

function reading(at: number, depth: number, accepted: number, capacity = 1000): QueueReading {
  return { at, capacity, depth, accepted, oldestMs: 0, inFlight: 0, redelivered: 0 };
}

function windowOf(readings: readonly QueueReading[]): readonly QueueReading[] {
  return readings.reduce<readonly QueueReading[]>((window, each) => addReading(window, each), []);
}

/** One reading a second from 0 to `seconds`. */
function every(seconds: number, make: (second: number) => QueueReading): readonly QueueReading[] {
  return windowOf(Array.from({ length: seconds + 1 }, (_, second) => make(second)));
}

describe("samples: figures of the queue", () => {
  it("measures slope over 10 s in percentage points, and rates over 5 s", () => {
    // 30/s in, 10/s out of 1000: 2 %-points a second.
    const figures = queueFigures(
      every(30, (s) => reading(s * 1000, s * 20, s * 30)),
      7,
    );
    expect(figures).to.include({ slope: 2, putRate: 30, takeRate: 10, depth: 600, utilisation: 60, rejected: 7 });
  });

  it("does not let what is older than the window count", () => {
    const burst = every(30, (s) => reading(s * 1000, s < 15 ? s * 60 : 900, 2000 + s));
    expect(queueFigures(burst, 0)?.slope).to.equal(0);
  });

  it("gives null, not zero, before the window is long enough", () => {
    const figures = queueFigures(windowOf([reading(0, 5, 5), reading(1000, 9, 9)]), null);
    expect(figures).to.include({ slope: null, putRate: null, takeRate: null, rejected: null, depth: 9 });
    expect(queueFigures([], 0)).to.equal(undefined);
  });

  it("starts again when the stream was made again, the capacity changed or the clock went back", () => {
    const full = every(10, (s) => reading(s * 1000, 900, 5000));
    expect(addReading(full, reading(11_000, 0, 3))).to.have.length(1);
    expect(addReading(full, reading(11_000, 900, 5000, 2000))).to.have.length(1);
    expect(addReading(full, reading(500, 900, 5000))).to.have.length(1);
    expect(addReading(full, reading(11_000, 900, 5000))).to.have.length(11);
  });

  it("balances: put minus take is the change of the depth, and nothing is negative", () => {
    const step = fc.record({
      ms: fc.integer({ min: 300, max: 2500 }),
      put: fc.nat(3000),
      takeShare: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 40 }), (steps) => {
        let last = reading(1000, 0, 0);
        let window = windowOf([last]);
        for (const { ms, put, takeShare } of steps) {
          const depth = last.depth + put - Math.floor((last.depth + put) * takeShare);
          last = reading(last.at + ms, depth, last.accepted + put);
          window = addReading(window, last);
        }
        const figures = queueFigures(window, 0);
        if (figures?.putRate === null || figures?.takeRate === null || figures === undefined) return;
        expect(figures.putRate).to.be.at.least(0);
        expect(figures.takeRate).to.be.at.least(0);
        const recent = window.filter((each) => each.at >= last.at - 5500);
        const first = recent[0] ?? last;
        const change = ((last.depth - first.depth) * 1000) / (last.at - first.at);
        expect(figures.putRate - figures.takeRate).to.be.closeTo(change, 0.02);
      }),
    );
  });

  it("keeps the window bounded whatever the timer does", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 200 }), (gaps) => {
        let at = 0;
        let window: readonly { at: number }[] = [];
        for (const gap of gaps) window = slide(window, { at: (at += gap) }, 10_000);
        for (const each of window) expect(at - each.at).to.be.at.most(10_500);
      }),
    );
  });

  it("starts a counter's window again when the counter was set back", () => {
    const window = [
      { at: 0, total: 10 },
      { at: 2000, total: 30 },
    ];
    expect(perSecond(window, (each) => each.total)).to.equal(10);
    expect(slideCounter(window, { at: 3000, total: 2 }, 5000)).to.deep.equal([{ at: 3000, total: 2 }]);
  });
});

describe("samples: refused samples", () => {
  it("adds differences, and everything after a producer's restart", () => {
    let state = countRejections(NO_REJECTIONS, "producer-a", 5, 1);
    state = countRejections(state, "producer-a", 8, 2);
    state = countRejections(state, "producer-b", 100, 3);
    expect(state.total).to.equal(108);
    state = countRejections(state, "producer-a", 2, 4);
    expect(state.total).to.equal(110);
  });

  it("takes names as mere names", () => {
    expect(countRejections(NO_REJECTIONS, "constructor", 3, 1).total).to.equal(3);
  });

  it("never shrinks, counts a repeated report once, and remembers a bounded number of pods", () => {
    const report = fc.record({ pod: fc.integer({ min: 0, max: 400 }), count: fc.nat(1000) });
    fc.assert(
      fc.property(fc.array(report, { maxLength: 300 }), (reports) => {
        let state = NO_REJECTIONS;
        reports.forEach(({ pod, count }, at) => {
          const next = countRejections(state, `p${pod}`, count, at);
          expect(next.total).to.be.at.least(state.total);
          expect(countRejections(next, `p${pod}`, count, at).total).to.equal(next.total);
          state = next;
        });
        expect(Object.keys(state.pods).length).to.be.at.most(REMEMBERED_PODS);
      }),
      { numRuns: 30 },
    );
  });
});

describe("samples: shapes and names", () => {
  const statistic = {
    name: "p",
    displayName: "Producer",
    type: "throughput",
    unit: "samples/sec",
    value: 50,
    kind: "producer",
  };

  it("reads what agents send and ignores what it does not know", () => {
    const parsed = parseJson(statisticSchema, JSON.stringify({ ...statistic, accepted: 5, later: true }));
    expect(parsed).to.deep.equal({ ok: true, value: { ...statistic, accepted: 5 } });
  });

  it("names the field that is wrong", () => {
    const parsed = parseJson(statisticSchema, JSON.stringify({ ...statistic, rejected: -1 }));
    expect(parsed).to.have.property("ok", false);
    expect(parsed)
      .to.have.property("problem")
      .that.matches(/^rejected: /);
    expect(parseJson(sampleSchema, "{"))
      .to.have.property("problem")
      .that.matches(/^not JSON/);
  });

  it("never throws, whatever comes over the wire", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseJson(statisticSchema, bytes)));
    fc.assert(fc.property(fc.json(), (text) => void parseJson(sampleSchema, text)));
  });

  it("makes one subject token of any pod's name", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (name) => {
        expect(statisticsPod(statisticsSubject(name))).to.match(/^[A-Za-z0-9_-]+$/);
        expect(sampleSubject(name).split(".")).to.have.length(2);
      }),
    );
    expect(statisticsPod("statistics.a.b")).to.equal(undefined);
  });
});
