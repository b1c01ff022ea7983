/** The ledger of the cluster's tests, by planted faults. Does not prove: that the readings are right (tests/cluster). */
import { expect } from "chai";
import * as fc from "fast-check";
import { imbalance, remaining, type QueueState } from "../support/ledger";

const queue = (accepted: number, depth: number, first = accepted - depth + 1): QueueState => ({
  accepted,
  depth,
  first,
});

describe("ledger of samples", () => {
  it("balances in any reading of a system that stores each result before its sample leaves the queue", () => {
    const step = fc.record({ put: fc.nat(50), store: fc.nat(50), remove: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 3, maxLength: 40 }), (steps) => {
        let [accepted, stored, removed] = [0, 0, 0];
        const states = steps.map((each) => {
          accepted += each.put;
          stored = Math.min(accepted, stored + each.store);
          removed = Math.min(stored, removed + each.remove);
          return { queue: queue(accepted, accepted - removed), results: stored };
        });
        states.slice(2).forEach((after, index) => {
          const [before, middle] = [states[index], states[index + 1]];
          if (before === undefined || middle === undefined) return;
          const reading = { before: before.queue, results: middle.results, after: after.queue };
          expect(imbalance(reading)).to.deep.equal([]);
        });
      }),
    );
  });

  it("finds samples that left the queue without a result, and results that were stored twice", () => {
    const drained = queue(100, 0);
    expect(imbalance({ before: drained, results: 100, after: drained })).to.deep.equal([]);
    expect(imbalance({ before: drained, results: 98, after: drained })).to.deep.equal([
      "2 of 100 processed samples have no result",
    ]);
    expect(imbalance({ before: drained, results: 101, after: drained })).to.deep.equal([
      "1 results more than 100 samples",
    ]);
  });

  it("finds samples that stay while others are processed", () => {
    expect(remaining(queue(100, 0), 100)).to.equal(0);
    expect(remaining(queue(100, 0, 1), 100)).to.equal(0);
    expect(remaining(queue(150, 20), 100)).to.equal(0);
    expect(remaining(queue(150, 4, 17), 100)).to.equal(1);
    expect(remaining(queue(150, 60, 91), 100)).to.equal(10);
  });
});
