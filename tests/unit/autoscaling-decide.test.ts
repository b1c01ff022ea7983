/**
 * What every scaling policy keeps to: limits, holding without figures, stabilisation, steps, pauses, and no flapping.
 * Not proven here: how fast a queue is brought back (autoscaling-simulation).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import {
  decide,
  defaultPolicy,
  emptyPast,
  policyNames,
  remember,
  split,
  total,
  type Metric,
  type Observation,
  type Past,
  type Policy,
} from "../../packages/autoscaling/index";
import { both, drain, Loop, metric, once, processors, seen, slope, unreadable } from "./autoscaling-examples";

const policies = fc
  .record({
    policy: fc.constantFrom(...policyNames),
    limits: fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 20 })),
    paused: fc.boolean(),
    stabilisationSeconds: fc.constantFrom(0, 20, 60),
    cooldownSeconds: fc.constantFrom(0, 10, 60),
    maxStepUp: fc.integer({ min: 1, max: 8 }),
    maxStepDown: fc.integer({ min: 1, max: 8 }),
    activation: fc.constantFrom(0, 1, 20),
  })
  .map(({ limits: [min, more], ...rest }): Policy => ({ ...defaultPolicy, ...rest, min, max: min + more }));

const rate = fc.option(fc.double({ min: 0, max: 6000, noNaN: true }));
const figures = fc.record({
  depth: fc.nat(10_000),
  slope: fc.option(fc.double({ min: -10, max: 10, noNaN: true })),
  putRate: rate,
  takeRate: rate,
  rejected: fc.option(fc.nat(100_000)),
});
/** Anything that may come over the wire in the place of figures. */
const garbage = fc.oneof(
  fc.anything(),
  fc
    .tuple(
      fc.constantFrom("at", "capacity", "depth", "utilisation", "slope", "putRate", "takeRate", "rejected", "oldestMs"),
      fc.constantFrom<unknown>(NaN, -1e9, Infinity, "5", undefined, {}),
    )
    .filter(([name, value]) => !(name === "slope" && value === -1e9))
    .map(([name, value]) => ({ ...metric(0), [name]: value })),
  fc.constantFrom({ ...metric(0), capacity: 0 }, { ...metric(0), utilisation: 50 }, { ...metric(0), depth: -1 }),
);

function garbled(at: number, value: unknown): Observation {
  return { at, metric: value as Metric };
}

const observations = fc
  .array(fc.oneof(figures, garbage.map((value) => ({ garbage: value })), fc.constant("unreadable" as const)), {
    minLength: 1,
    maxLength: 12,
  })
  .map((all) =>
    all.map((each, index): Observation => {
      const at = 10_000 * (index + 1);
      if (each === "unreadable") return unreadable(at);
      return "garbage" in each ? garbled(at, each.garbage) : seen(at, each);
    }),
  );
const counts = fc.record({ felix: fc.nat(12), celix: fc.nat(12) });

function pastOf(all: readonly Observation[], count: number): Past {
  return all.reduce(
    (past, each) => remember(past, each, { processors: count, recommended: count, ready: count }),
    emptyPast,
  );
}

describe("autoscaling: decide", () => {
  it("never leaves min..max, and says whole numbers, an action that fits and a reason", () => {
    fc.assert(
      fc.property(policies, observations, counts, counts, (policy, all, ready, requested) => {
        const past = remember(pastOf(all.slice(0, -1), 3), all.at(-1) ?? unreadable(0));
        const decision = decide(policy, past, { ready, requested });
        expect(decision.processors).to.be.within(policy.min, policy.max).and.satisfy(Number.isInteger);
        expect(decision.recommended).to.be.within(policy.min, policy.max);
        expect(total(decision.kinds)).to.equal(decision.processors);
        const difference = decision.processors - total(requested);
        expect(decision.action).to.equal(difference > 0 ? "up" : difference < 0 ? "down" : "hold");
        expect(decision.rule).to.match(/^[a-z-]+(\.[a-z-]+)?$/);
        expect(decision.reason).to.match(/^(stays \d+|\d+ => \d+): ./);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps Felix and Celix as they are on garbage, whatever was before, and never throws", () => {
    fc.assert(
      fc.property(policies, observations, counts, garbage, (policy, all, requested, value) => {
        const inside = { ...policy, min: 1, max: Math.max(1, total(requested)) };
        fc.pre(total(requested) > 0);
        const past = remember(pastOf(all, 5), garbled(500_000, value));
        const decision = decide(inside, past, { ready: requested, requested });
        expect(decision).to.deep.include({ action: "hold", kinds: requested });
        expect(decision.rule).to.be.oneOf(["unreadable", "fallback", "paused"]);
      }),
      { numRuns: 500 },
    );
  });

  it("is monotone in the load: more waiting, arriving or rising never means fewer processors", () => {
    const load = fc.record({ depth: fc.nat(10_000), put: fc.nat(6000), slope: fc.double({ min: -10, max: 10, noNaN: true }) });
    const rest = fc.record({ takeRate: rate, rejected: fc.option(fc.nat(1000)) });
    fc.assert(
      fc.property(policies, observations, counts, counts, load, load, rest, (policy, all, ready, requested, a, b, fixed) => {
        const past = pastOf(all, 4);
        const at = 10_000 * (all.length + 1);
        const decided = (...[depth, putRate, change]: readonly [number, number, number]): number =>
          decide(policy, remember(past, seen(at, { ...fixed, depth, putRate, slope: change })), { ready, requested }).processors;
        const less = decided(Math.min(a.depth, b.depth), Math.min(a.put, b.put), Math.min(a.slope, b.slope));
        const more = decided(Math.max(a.depth, b.depth), Math.max(a.put, b.put), Math.max(a.slope, b.slope));
        expect(more).to.be.at.least(less);
      }),
      { numRuns: 1000 },
    );
  });

  it("does not flap on noise: around a steady load no direction changes once it has settled", () => {
    const noise = fc.array(fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })), {
      minLength: 80,
      maxLength: 80,
    });
    fc.assert(
      fc.property(fc.constantFrom(...both), fc.nat(2000), fc.integer({ min: 1, max: 8 }), noise, (policy, steady, from, all) => {
        const loop = new Loop(policy, from);
        const moves = all.map(([sway, share], index) => {
          const before = loop.count;
          const putRate = steady * (1 + 0.08 * sway);
          const takes = split(before).felix * 333 + split(before).celix * 250;
          // Too few processors: a backlog stands; enough: what is in hand, up to 4 % of the queue.
          const about =
            putRate > takes ? { depth: 6000, slope: 1 } : { depth: (99 + 0.15 * putRate) * share, slope: 0.4 * sway };
          loop.look(seen(10_000 * (index + 1), { ...about, putRate, takeRate: Math.min(putRate, takes) }));
          return Math.sign(loop.count - before);
        });
        const settled = moves.slice(30).filter((move) => move !== 0);
        expect(new Set(settled).size, `${policy.policy}: ${moves.join(" ")}`).to.be.at.most(1);
      }),
      { numRuns: 300 },
    );
  });

  it("shares any number as Felix ceil and Celix floor, so that they alternate", () => {
    fc.assert(
      fc.property(fc.nat(1000), (n) => {
        expect(total(split(n))).to.equal(n);
        expect(split(n).felix - split(n).celix).to.equal(n % 2);
      }),
    );
    expect([0, 1, 2, 3, 4].map(split).map(({ felix, celix }) => `${felix}${celix}`)).to.deep.equal(["00", "10", "11", "21", "22"]);
  });

  it("brings kinds that were set by hand back to their shares without changing their number", () => {
    const current = { ready: { felix: 4, celix: 0 }, requested: { felix: 4, celix: 0 } };
    const busy = seen(1000, { depth: 500, putRate: 1100, takeRate: 1100 });
    for (const policy of both) {
      expect(once(policy, busy, current)).to.deep.include({ action: "hold", kinds: { felix: 2, celix: 2 } });
    }
  });

  it("refuses counts that are none: it must not be asked by someone who cannot read them", () => {
    for (const felix of [NaN, -1, 1.5]) {
      const current = { ready: { felix: 1, celix: 0 }, requested: { felix, celix: 0 } };
      expect(() => once(drain, seen(1000), current)).to.throw(RangeError, "current.requested.felix: got");
    }
  });
});

describe("autoscaling: limits, pauses and errors", () => {
  const overload = { depth: 10_000, slope: 10, putRate: 4000, takeRate: 300 };

  it("adds at once, by steps, and says when there are no more", () => {
    const loop = new Loop(drain, 1);
    const decisions = [10, 20, 30].map((second) => loop.look(seen(second * 1000, overload)));
    expect(decisions.map(({ processors: count }) => count)).to.deep.equal([5, 8, 8]);
    expect(decisions[2]).to.include({ action: "hold", rule: "at-maximum" });
    expect(decisions[2]?.reason).to.match(/overload.*8 is the most/);
  });

  it("says that the least is reached, which is no success of shrinking", () => {
    for (const policy of [slope, { ...drain, min: 2 }]) {
      const decision = once(policy, seen(1000, { putRate: 0, takeRate: 0 }), processors(policy.min));
      expect(decision).to.include({ action: "hold", rule: "at-minimum", processors: policy.min });
    }
  });

  it("follows changed limits at once, even without figures and while paused", () => {
    for (const paused of [false, true]) {
      const past = remember(emptyPast, unreadable(1000));
      const above = decide({ ...drain, max: 4, paused }, past, processors(7));
      expect(above).to.include({ processors: 4, action: "down", rule: "limits" });
      expect(decide({ ...drain, min: 3, paused }, past, processors(0))).to.include({ processors: 3, action: "up" });
    }
  });

  it("does nothing while paused, and says so", () => {
    for (const policy of both) {
      const decision = once({ ...policy, paused: true }, seen(1000, overload), processors(2));
      expect(decision).to.include({ processors: 2, action: "hold", rule: "paused" });
    }
  });

  it("keeps the number while the queue cannot be read, calls it a fallback in time, and recovers by itself", () => {
    const loop = new Loop(drain, 3);
    const busy = { depth: 50, putRate: 700, takeRate: 700 };
    loop.look(seen(10_000, busy));
    const rules = [20, 30, 40, 50, 60, 70, 80].map((second) => loop.look(unreadable(second * 1000)).rule);
    expect(rules).to.deep.equal(["unreadable", "unreadable", ...Array<string>(5).fill("fallback")]);
    expect(loop.count).to.equal(3);
    expect(loop.decisions.at(-1)?.reason).to.include("for 7 looks in a row").and.include("does not answer");
    expect(loop.look(seen(90_000, overload))).to.include({ action: "up", rule: "drain.more" });
  });

  it("believes neither old figures, nor the same ones for ever, nor those from the future", () => {
    const at = 1_000_000;
    const old = once(drain, { at, metric: metric(at - 16_000, overload) }, processors(2));
    expect(old).to.include({ action: "hold", rule: "unreadable" });
    expect(old.reason).to.include("16 s old");
    const ahead = once(drain, { at, metric: metric(at + 16_000, overload) }, processors(2));
    expect(ahead.reason).to.include("clocks differ");
    // An agent whose clock is ahead has stopped: each look gets the same figures.
    const loop = new Loop({ ...drain, maxStepUp: 1 }, 2);
    const same = [0, 10_000, 20_000].map((passed) => loop.look({ at: at + passed, metric: metric(at + 14_000, overload) }));
    expect(same.map(({ rule }) => rule)).to.deep.equal(["drain.more", "drain.more", "unreadable"]);
  });

  it("does nothing about a queue that is filled less than the activation threshold", () => {
    for (const policy of both) {
      const about = { depth: 99, slope: 3, putRate: 3000, takeRate: 0 };
      expect(once(policy, seen(1000, about), processors(2))).to.include({ action: "hold", rule: "inactive" });
      expect(once(policy, seen(1000, { ...about, depth: 100 }), processors(2)).action).to.equal("up");
    }
  });
});

describe("autoscaling: over time", () => {
  const quiet = { depth: 20, slope: 0, putRate: 50, takeRate: 50 };
  const busy = { depth: 50, slope: 0, putRate: 1800, takeRate: 1800 };

  /** Looks each 10 s, from 10 s on; the numbers that were decided. */
  function run(loop: Loop, looks: readonly Observation[]): readonly number[] {
    return looks.map((each) => loop.look(each).processors);
  }
  const each10s = (from: number, to: number, about: Partial<Metric>): readonly Observation[] =>
    Array.from({ length: (to - from) / 10 + 1 }, (_, index) => seen((from + 10 * index) * 1000, about));

  it("goes down only once it was right for the whole window, and by steps", () => {
    const loop = new Loop(drain, 8);
    run(loop, each10s(10, 60, busy));
    expect(run(loop, each10s(70, 160, quiet))).to.deep.equal([8, 8, 8, 8, 8, 8, 6, 4, 2, 1]);
    expect(loop.decisions.slice(6, 12).map(({ rule }) => rule)).to.deep.equal(Array<string>(6).fill("stabilising"));
    expect(loop.decisions[6]?.recommended).to.equal(1);
  });

  it("goes down to the highest that was recommended in the window", () => {
    const loop = new Loop({ ...drain, maxStepDown: 8 }, 8);
    const medium = { ...quiet, putRate: 700, takeRate: 700 };
    run(loop, each10s(10, 60, busy));
    const counts = run(loop, [...each10s(70, 90, quiet), ...each10s(100, 100, medium), ...each10s(110, 170, quiet)]);
    expect(counts).to.deep.equal([8, 8, 8, 8, 8, 8, 3, 3, 3, 3, 1]);
  });

  it("removes none on a single look, nor right after a time without looks: it cannot know whether the quiet lasts", () => {
    for (const policy of both) {
      expect(once(policy, seen(1000, quiet), processors(5))).to.include({ action: "hold", rule: "stabilising" });
    }
    const loop = new Loop(drain, 5);
    run(loop, each10s(10, 50, quiet));
    expect(loop.look(seen(600_000, quiet))).to.include({ action: "hold", rule: "stabilising" });
  });

  it("waits between two changes", () => {
    const loop = new Loop({ ...drain, cooldownSeconds: 30, maxStepUp: 1 }, 1);
    const counts = run(loop, each10s(10, 80, { depth: 9000, putRate: 2000, takeRate: 300 }));
    expect(counts).to.deep.equal([2, 2, 2, 3, 3, 3, 4, 4]);
    expect(loop.decisions[1]).to.include({ action: "hold", rule: "cooling-down" });
  });

  it("remembers half an hour at most, however often one looks, and starts anew when the clock goes back", () => {
    const loop = new Loop(drain, 2);
    for (let second = 1; second <= 4000; second += 2) loop.look(seen(second * 1000, quiet));
    expect(loop.past.observations).to.have.length.within(890, 910);
    expect(loop.past.decisions).to.have.length.within(890, 910);
    const back = remember(loop.past, seen(5000, quiet));
    expect(back.observations).to.have.length(1);
    expect(back.decisions).to.have.length(0);
  });

  it("keeps one entry for a look however often it is told, and the past as JSON", () => {
    const once10 = remember(emptyPast, seen(10_000, quiet));
    const decision = { processors: 2, recommended: 1, ready: 2, action: "hold" } as const;
    const twice = remember(once10, seen(10_000, quiet), { ...decision, speed: 0.5 });
    expect(twice.observations).to.have.length(1);
    expect(twice.decisions).to.deep.equal([{ at: 10_000, ...decision }]);
    expect(remember(twice, seen(20_000, quiet)).speed).to.equal(0.5);
    expect(JSON.parse(JSON.stringify(twice))).to.deep.equal(twice);
  });
});
