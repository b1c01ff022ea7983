/**
 * The viewer's history: falling resolution within a fixed bound, and nothing unknown shown as 0.
 * Does not prove: that it is sampled each second (tests/services/viewer-statistics.test.ts).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import {
  History,
  LONGEST_SECONDS,
  MOST_SERIES,
  RESOLUTIONS,
  type Observed,
} from "../../images/datastore-viewer/src/statistics/history";
import type { Point } from "@inaetics/model";

const described = { displayName: "Queue", type: "utilization", unit: "%" };
const begin = Date.parse("2030-01-01T00:00:00Z");
const value = (name: string, each: number | null): Observed => ({ name, ...described, value: each });
const pointsOf = (history: History, seconds: number, name = "queue"): readonly Point[] =>
  history.excerpt(seconds, [name]).series[0]?.points ?? [];
const valuesOf = (history: History, seconds: number): readonly (number | null)[] =>
  pointsOf(history, seconds).map(([, each]) => each);

/** A history that got `seconds` values, made by the second's number. */
function filled(seconds: number, make: (second: number) => number | null): History {
  const history = new History();
  for (let each = 0; each < seconds; each++) history.add(begin + each * 1000 + 500, [value("queue", make(each))]);
  return history;
}

describe("viewer: history", () => {
  it("is empty at first", () => {
    expect(new History().excerpt(60)).to.deep.equal({ from: null, step: 1, series: [] });
  });

  it("returns each second of the last 5 minutes", () => {
    const history = filled(400, (second) => second);
    expect(history.excerpt(300)).to.include({ step: 1, from: begin + 100_000 });
    expect(valuesOf(history, 300)).to.deep.equal(Array.from({ length: 300 }, (_, index) => index + 100));
    expect(valuesOf(history, 3)).to.deep.equal([397, 398, 399]);
  });

  it("returns means over 10 s and 60 s of older values; the newest mean is of the values so far", () => {
    const history = filled(725, (second) => second % 10);
    const tens = history.excerpt(720, ["queue"]);
    expect(tens.step).to.equal(10);
    expect(valuesOf(history, 720)).to.deep.equal([...Array<number>(71).fill(4.5), 2]);
    expect(history.excerpt(7201).step).to.equal(60);
    expect(valuesOf(history, 86_400)).to.deep.equal([...Array<number>(12).fill(4.5), 2]);
  });

  it("keeps 24 hours in bounded memory", () => {
    const history = new History();
    const day = LONGEST_SECONDS;
    for (let each = 0; each < day * 1.5; each += 10) history.add(begin + each * 1000, [value("queue", each)]);
    const points = pointsOf(history, day);
    expect(points).to.have.length(1440);
    expect(points[0]?.[0]).to.equal(begin + (day / 2) * 1000);
    expect(history.bytes).to.equal(4 * (300 + 720 + 1440));
  });

  it("returns null for unknown values, at every resolution", () => {
    const history = filled(120, (second) => (second < 60 ? null : 7));
    expect(valuesOf(history, 120).slice(0, 60)).to.deep.equal(Array(60).fill(null));
    expect(valuesOf(history, 7200)).to.deep.equal([...Array<null>(6).fill(null), ...Array<number>(6).fill(7)]);
    history.add(begin + 150_000, [value("queue", NaN), value("other", Infinity)]);
    expect(valuesOf(history, 31).slice(1)).to.deep.equal(Array(30).fill(null));
    expect(pointsOf(history, 1, "other")).to.deep.equal([[begin + 150_000, null]]);
  });

  it("computes means of the known values only", () => {
    expect(
      valuesOf(
        filled(10, (second) => (second === 3 ? 6 : null)),
        7200,
      ),
    ).to.deep.equal([6]);
  });

  it("leaves out ended series without a known value in the requested time, and returns them by name", () => {
    const history = new History();
    history.add(begin, [value("queue", 1), value("gone", 2)]);
    for (let each = 1; each <= 60; each++) history.add(begin + each * 1000, [value("queue", null)]);
    const names = (seconds: number): readonly string[] => history.excerpt(seconds).series.map((each) => each.name);
    expect(names(30)).to.deep.equal(["queue"]);
    expect(names(61)).to.deep.equal(["gone", "queue"]);
    expect(history.names).to.deep.equal(["gone", "queue"]);
  });

  it("ignores values of a clock that went back a little, and starts again after a large step", () => {
    const history = filled(10, () => 5);
    history.add(begin + 2000, [value("queue", 9)]);
    expect(valuesOf(history, 10)).to.deep.equal(Array(10).fill(5));
    history.add(begin - 3_600_000, [value("queue", 9)]);
    expect(history.excerpt(86_400).from).to.equal(begin - 3_600_000);
    expect(valuesOf(history, 10)).to.deep.equal([9]);
  });

  it("forgets the longest silent series beyond the limit, and never a current one", () => {
    const history = new History(3);
    history.add(begin, [value("queue", null), value("a", 1), value("b", 1)]);
    history.add(begin + 1000, [value("queue", null), value("b", 1)]);
    history.add(begin + 2000, [value("queue", null), value("c", 1)]);
    expect(history.names).to.deep.equal(["b", "c", "queue"]);
    history.add(
      begin + 3000,
      ["queue", "d", "e", "f"].map((name) => value(name, 1)),
    );
    expect(history.names).to.deep.equal(["d", "e", "queue"]);
  });

  it("stays within its bound and in order, for any input", () => {
    const name = fc.nat(400).map((each) => `agent-${each}`);
    const observed = fc.array(fc.tuple(name, fc.option(fc.double())), { maxLength: 40 });
    const steps = fc.array(fc.tuple(fc.integer({ min: -120_000, max: 900_000 }), observed), { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: LONGEST_SECONDS }), (all, seconds) => {
        const history = new History();
        let at = begin;
        for (const [step, values] of all) {
          at += step;
          history.add(
            at,
            values.map(([each, number]) => value(each, number)),
          );
        }
        expect(history.bytes).to.be.at.most(MOST_SERIES * 2460 * 4);
        const { series, step, from } = history.excerpt(seconds);
        const most = RESOLUTIONS.find((each) => each.step === step)?.points ?? 0;
        expect(series.map((each) => each.name)).to.deep.equal([...series.map((each) => each.name)].sort());
        for (const { points } of series) {
          expect(points.length).to.be.within(1, Math.min(most, Math.ceil(seconds / step)));
          for (const [index, [time, each]] of points.entries()) {
            expect(time).to.equal((from ?? NaN) + index * step * 1000);
            expect(each === null || Number.isFinite(each)).to.equal(true);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("equals the means computed from all values, also with gaps", () => {
    const values = fc.array(fc.option(fc.integer({ min: 0, max: 1000 })), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(values, (all) => {
        const history = filled(all.length, (second) => all[second] ?? null);
        const mean = (from: number, count: number): number | null => {
          const known = all.slice(from, from + count).filter((each) => each !== null);
          return known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0) / known.length;
        };
        for (const [index, each] of valuesOf(history, 7200).entries()) {
          const expected = mean(index * 10, 10);
          if (expected === null) expect(each).to.equal(null);
          else expect(each).to.be.closeTo(expected, 0.01);
        }
      }),
      { numRuns: 40 },
    );
  });
});
