/**
 * Examples of every scaling policy over time: limits, pauses, unreadable figures, stabilisation and steps.
 * Not proven here: the same for any input (autoscaling-decide), and a real clock's timers.
 */
import { expect } from "chai";
import { decide, emptyHistory, extendHistory, type Metric, type Observation } from "@inaetics/autoscaling";
import { both, drain, Loop, metric, once, processors, observed, slope, unreadable } from "./autoscaling-examples";

describe("autoscaling: limits, pauses and errors", () => {
  const overload = { depth: 10_000, slope: 10, putRate: 4000, takeRate: 300 };

  it("adds processors at once, in steps, and reports the maximum", () => {
    const loop = new Loop(drain, 1);
    const decisions = [10, 20, 30].map((second) => loop.evaluate(observed(second * 1000, overload)));
    expect(decisions.map(({ processors: count }) => count)).to.deep.equal([5, 8, 8]);
    expect(decisions[2]).to.include({ action: "hold", rule: "at-maximum" });
    expect(decisions[2]?.reason).to.match(/overload.*8 is the most/);
  });

  it("reports the minimum as a hold, not as a change", () => {
    for (const policy of [slope, { ...drain, min: 2 }]) {
      const decision = once(policy, observed(1000, { putRate: 0, takeRate: 0 }), processors(policy.min));
      expect(decision).to.include({ action: "hold", rule: "at-minimum", processors: policy.min });
    }
  });

  it("applies changed limits at once, even without figures and while paused", () => {
    for (const paused of [false, true]) {
      const history = extendHistory(emptyHistory, unreadable(1000));
      const above = decide({ ...drain, max: 4, paused }, history, processors(7));
      expect(above).to.include({ processors: 4, action: "down", rule: "limits" });
      expect(decide({ ...drain, min: 3, paused }, history, processors(0))).to.include({ processors: 3, action: "up" });
    }
  });

  it("changes nothing while paused, and gives that as the reason", () => {
    for (const policy of both) {
      const decision = once({ ...policy, paused: true }, observed(1000, overload), processors(2));
      expect(decision).to.include({ processors: 2, action: "hold", rule: "paused" });
    }
  });

  it("keeps the number while the queue cannot be read, reports a fallback after some polls, and recovers by itself", () => {
    const loop = new Loop(drain, 3);
    const busy = { depth: 50, putRate: 700, takeRate: 700 };
    loop.evaluate(observed(10_000, busy));
    const rules = [20, 30, 40, 50, 60, 70, 80].map((second) => loop.evaluate(unreadable(second * 1000)).rule);
    expect(rules).to.deep.equal(["unreadable", "unreadable", ...Array<string>(5).fill("fallback")]);
    expect(loop.count).to.equal(3);
    expect(loop.decisions.at(-1)?.reason).to.include("in 7 polls in a row").and.include("does not answer");
    expect(loop.evaluate(observed(90_000, overload))).to.include({ action: "up", rule: "drain.more" });
  });

  it("refuses figures that are old, that stand still, or that are from the future", () => {
    const at = 1_000_000;
    const old = once(drain, { at, metric: metric(at - 16_000, overload) }, processors(2));
    expect(old).to.include({ action: "hold", rule: "unreadable" });
    expect(old.reason).to.include("16 s old");
    const ahead = once(drain, { at, metric: metric(at + 16_000, overload) }, processors(2));
    expect(ahead.reason).to.include("clocks differ");
    // An agent whose clock is ahead has stopped: each poll gets the same figures.
    const loop = new Loop({ ...drain, maxStepUp: 1 }, 2);
    const same = [0, 10_000, 20_000].map((passed) =>
      loop.evaluate({ at: at + passed, metric: metric(at + 14_000, overload) }),
    );
    expect(same.map(({ rule }) => rule)).to.deep.equal(["drain.more", "drain.more", "unreadable"]);
  });

  it("adds nothing while the queue is filled less than the activation threshold", () => {
    for (const policy of both) {
      const about = { depth: 99, slope: 3, putRate: 3000, takeRate: 0 };
      expect(once(policy, observed(1000, about), processors(2))).to.include({ action: "hold", rule: "inactive" });
      expect(once(policy, observed(1000, { ...about, depth: 100 }), processors(2)).action).to.equal("up");
    }
  });
});

describe("autoscaling: over time", () => {
  const quiet = { depth: 20, slope: 0, putRate: 50, takeRate: 50 };
  const busy = { depth: 50, slope: 0, putRate: 1800, takeRate: 1800 };

  /** Evaluates the observations; returns the decided numbers of processors. */
  function run(loop: Loop, observations: readonly Observation[]): readonly number[] {
    return observations.map((each) => loop.evaluate(each).processors);
  }
  const each10s = (from: number, to: number, about: Partial<Metric>): readonly Observation[] =>
    Array.from({ length: (to - from) / 10 + 1 }, (_, index) => observed((from + 10 * index) * 1000, about));

  it("scales down only after the whole stabilisation window, and in steps", () => {
    const loop = new Loop(drain, 8);
    run(loop, each10s(10, 60, busy));
    expect(run(loop, each10s(70, 160, quiet))).to.deep.equal([8, 8, 8, 8, 8, 8, 6, 4, 2, 1]);
    expect(loop.decisions.slice(6, 12).map(({ rule }) => rule)).to.deep.equal(Array<string>(6).fill("stabilising"));
    expect(loop.decisions[6]?.recommended).to.equal(1);
  });

  it("scales down to the highest recommendation of the window", () => {
    const loop = new Loop({ ...drain, maxStepDown: 8 }, 8);
    const medium = { ...quiet, putRate: 700, takeRate: 700 };
    run(loop, each10s(10, 60, busy));
    const counts = run(loop, [...each10s(70, 90, quiet), ...each10s(100, 100, medium), ...each10s(110, 170, quiet)]);
    expect(counts).to.deep.equal([8, 8, 8, 8, 8, 8, 3, 3, 3, 3, 1]);
  });

  it("removes none after a single poll, nor right after a gap in polling", () => {
    for (const policy of both) {
      expect(once(policy, observed(1000, quiet), processors(5))).to.include({ action: "hold", rule: "stabilising" });
    }
    const loop = new Loop(drain, 5);
    run(loop, each10s(10, 50, quiet));
    expect(loop.evaluate(observed(600_000, quiet))).to.include({ action: "hold", rule: "stabilising" });
  });

  it("waits for the cool-down between two changes", () => {
    const loop = new Loop({ ...drain, cooldownSeconds: 30, maxStepUp: 1 }, 1);
    const counts = run(loop, each10s(10, 80, { depth: 9000, putRate: 2000, takeRate: 300 }));
    expect(counts).to.deep.equal([2, 2, 2, 3, 3, 3, 4, 4]);
    expect(loop.decisions[1]).to.include({ action: "hold", rule: "cooling-down" });
  });

  it("keeps half an hour at most, at any polling interval, and starts again when the clock goes back", () => {
    const loop = new Loop(drain, 2);
    for (let second = 1; second <= 4000; second += 2) loop.evaluate(observed(second * 1000, quiet));
    expect(loop.history.observations).to.have.length.within(890, 910);
    expect(loop.history.decisions).to.have.length.within(890, 910);
    const back = extendHistory(loop.history, observed(5000, quiet));
    expect(back.observations).to.have.length(1);
    expect(back.decisions).to.have.length(0);
  });

  it("keeps one entry for a poll that is added twice, and can be stored as JSON", () => {
    const once10 = extendHistory(emptyHistory, observed(10_000, quiet));
    const decision = { processors: 2, recommended: 1, ready: 2, action: "hold" } as const;
    const twice = extendHistory(once10, observed(10_000, quiet), { ...decision, speed: 0.5 });
    expect(twice.observations).to.have.length(1);
    expect(twice.decisions).to.deep.equal([{ at: 10_000, ...decision }]);
    expect(extendHistory(twice, observed(20_000, quiet)).speed).to.equal(0.5);
    expect(JSON.parse(JSON.stringify(twice))).to.deep.equal(twice);
  });
});
