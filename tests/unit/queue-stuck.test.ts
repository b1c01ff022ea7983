/** Rules by which the queue agent finds and repairs stuck samples. Does not prove: the repair itself (tests/services). */
import { expect } from "chai";
import * as fc from "fast-check";
import { stuckProblem, stuckReportSchema, parseJson } from "@inaetics/samples";
import { observe, stuckUpTo, type DeliveryState, type Watch } from "../../images/queue-agent/src/overdue";
import { afterAttempt, naming, remedyFor, type Stuck } from "../../images/queue-agent/src/remedy";

const LIMIT = 30_000;
const STEP = 5000;

const reading = (at: number, changes: Partial<DeliveryState> = {}): DeliveryState => ({
  at,
  made: "a",
  first: 1,
  depth: 10,
  accepted: 10,
  delivered: 4,
  asking: 1,
  ...changes,
});

/** Observes readings one step apart. */
const after = (readings: readonly Partial<DeliveryState>[]): Watch => {
  const [first = {}, ...others] = readings;
  const begin = observe(undefined, reading(0, first), LIMIT);
  return others.reduce((watch, each, index) => observe(watch, reading((index + 1) * STEP, each), LIMIT), begin);
};
const times = (count: number, each: Partial<DeliveryState>): readonly Partial<DeliveryState>[] =>
  Array.from({ length: count }, () => each);

describe("stuck samples: the rule", () => {
  it("finds samples that stay for 30 s after their delivery while processors ask, whatever was delivered later", () => {
    expect(stuckUpTo(after(times(6, {})), LIMIT)).to.equal(0);
    expect(stuckUpTo(after(times(7, {})), LIMIT)).to.equal(4);
    const later = [...times(2, {}), ...times(5, { delivered: 9, accepted: 20, depth: 12 })];
    expect(stuckUpTo(after(later), LIMIT)).to.equal(4);
  });

  it("finds them while others are processed, though no request waits, because processors are busy", () => {
    const busy = Array.from({ length: 8 }, (_, index) => ({ asking: 0, accepted: 10 + 20 * index, depth: 10 }));
    expect(stuckUpTo(after(busy), LIMIT)).to.equal(4);
  });

  it("does not count times without processors, gaps between readings, nor what another consumer delivered", () => {
    expect(stuckUpTo(after(times(50, { asking: 0 })), LIMIT)).to.equal(0);
    const first = observe(undefined, reading(0), LIMIT);
    expect(stuckUpTo(observe(first, reading(3_600_000), LIMIT), LIMIT)).to.equal(0);
    expect(stuckUpTo(after([...times(7, {}), ...times(6, { made: "b" })]), LIMIT)).to.equal(0);
  });

  it("gives no alarm in any overload in which each sample is gone within 25 s of its delivery", () => {
    const step = fc.record({ put: fc.nat(500), take: fc.nat(400), asking: fc.nat(8) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        let watch: Watch | undefined = undefined;
        let [accepted, delivered] = [0, 0];
        const history: number[] = [];
        steps.forEach(({ put, take, asking }, index) => {
          accepted += put;
          delivered = Math.min(accepted, delivered + take);
          history.push(delivered);
          // The oldest sample in the queue was delivered at most 5 readings ago.
          const first = Math.max(1, (history[index - 5] ?? 0) + 1);
          const now = reading(index * STEP, { first, depth: accepted - first + 1, accepted, delivered, asking });
          watch = observe(watch, now, LIMIT);
          expect(stuckUpTo(watch, LIMIT)).to.equal(0);
          expect(watch.marks.length).to.be.below(100);
        });
      }),
    );
  });
});

describe("stuck samples: the remedy", () => {
  const stuck: Stuck = { seq: 7, id: "producer-1-6", putAt: 0, attempts: 0, dueAtServedMs: 0 };

  it("removes a sample only when its result is stored, and makes the consumer again once", () => {
    fc.assert(fc.property(fc.nat(20), (attempts) => remedyFor({ attempts }, true) === "remove"));
    let now = stuck;
    const remedies = Array.from({ length: 5 }, () => {
      const remedy = remedyFor(now, false);
      now = afterAttempt(now, now.dueAtServedMs);
      return [remedy, now.dueAtServedMs];
    });
    expect(remedies).to.deep.equal([
      ["release", 15_000],
      ["renew", 315_000],
      ["release", 615_000],
      ["release", 915_000],
      ["release", 1_215_000],
    ]);
  });

  it("names samples by id, or by number when they are none", () => {
    expect(naming([stuck, { seq: 8, id: undefined }])).to.equal("producer-1-6, message 8");
    expect(naming(Array.from({ length: 7 }, () => stuck))).to.match(/producer-1-6 and 2 others$/);
  });

  it("is reported with number, id and age of the oldest", () => {
    const oldest = { id: "producer-1-6", seq: 7, seconds: 41.6 };
    const report = { at: 1, count: 4, repaired: 0, oldest };
    expect(parseJson(stuckReportSchema, JSON.stringify(report))).to.deep.equal({ ok: true, value: report });
    expect(stuckProblem(report)).to.include("4 samples are stuck").and.include("producer-1-6 (number 7, put 42 s ago)");
    expect(stuckProblem({ ...report, count: 0, oldest: null })).to.equal(undefined);
  });
});
