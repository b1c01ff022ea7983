/**
 * The two rules, each on single observations: the numbers that they recommend, and their reasons.
 * Not proven here: their behaviour in a loop (autoscaling-decide, autoscaling-simulation).
 */
import { expect } from "chai";
import { split } from "@inaetics/autoscaling";
import { drain, Loop, once, processors, observed, slope, unreadable } from "./autoscaling-examples";

/** The slope rule's answer at 4 processors, without stabilisation before scaling down. */
function slopeRule(fill: number, change: number, putRate = 50): { by: number; rule: string } {
  const policy = { ...slope, stabilisationSeconds: 0 };
  const decision = once(
    policy,
    observed(1000, { depth: fill * 100, slope: change, putRate, takeRate: 0 }),
    processors(4),
  );
  return { by: decision.processors - 4, rule: decision.rule };
}

describe("autoscaling: the slope rule", () => {
  it("steps as the original rule, by fill and change", () => {
    const table: readonly (readonly [fill: number, change: number, by: number, rule: string])[] = [
      [20, 2.1, 2, "slope.steep"],
      [20, 2, 1, "slope.rising"],
      [90, 0.6, 1, "slope.rising"],
      [20, 0.5, 0, "slope.level"],
      [35.5, 0, 1, "slope.high"],
      [35, 0, 0, "slope.level"],
      [10, 0, 0, "slope.level"],
      [9.9, 0, -1, "slope.low"],
      [30, -0.5, -1, "slope.falling"],
      [34, -2, -2, "slope.plunging"],
      [35, -2, 0, "slope.emptying"],
      [90, -9, 0, "slope.emptying"],
    ];
    for (const [fill, change, by, rule] of table) {
      expect(slopeRule(fill, change), `fill ${fill}, change ${change}`).to.deep.equal({ by, rule });
    }
  });

  it("reaches both steps up with its default thresholds, unlike the original", () => {
    // The highest change that a window of 10 s can show: from empty to full.
    expect(slopeRule(100, 10)).to.deep.equal({ by: 2, rule: "slope.steep" });
    expect(slope.slope.slope2).to.be.lessThan(10);
  });

  it("keeps as many as the arrivals need with the margin", () => {
    // Three take 916/s, that is 763/s and 20 %; two take 583/s, that is 485/s and 20 %.
    expect(slopeRule(5, 0, 760)).to.deep.equal({ by: -1, rule: "slope.low" });
    expect(slopeRule(5, 0, 770)).to.deep.equal({ by: 0, rule: "slope.needed" });
    expect(slopeRule(20, -5, 480)).to.deep.equal({ by: -2, rule: "slope.plunging" });
    expect(slopeRule(20, -5, 490)).to.deep.equal({ by: -1, rule: "slope.plunging" });
  });

  it("derives the slope from two polls when the agent does not report it, and holds after one", () => {
    const alone = once(slope, observed(10_000, { depth: 5000, slope: null }), processors(2));
    expect(alone).to.include({ action: "hold", rule: "slope.unknown" });
    const loop = new Loop(slope, 2);
    loop.evaluate(observed(10_000, { depth: 2000, slope: null }));
    expect(loop.evaluate(observed(20_000, { depth: 5000, slope: null }))).to.include({
      action: "up",
      rule: "slope.steep",
    });
  });

  it("does not request again what is starting, until that takes too long", () => {
    const loop = new Loop(slope, 1);
    const rising = { depth: 3000, slope: 3, putRate: 900, takeRate: 300 };
    expect(loop.evaluate(observed(10_000, rising))).to.include({ processors: 3, rule: "slope.steep" });
    for (let at = 20_000; at <= 70_000; at += 10_000) {
      expect(loop.evaluate(observed(at, rising), processors(3, 1)), String(at)).to.include({
        processors: 3,
        rule: "under-way",
      });
    }
    expect(loop.evaluate(observed(80_000, rising), processors(3, 1))).to.include({
      processors: 5,
      rule: "slope.steep",
    });
  });

  it("adds to the ready processors: one of two is missing, so two more make three", () => {
    expect(once(slope, observed(1000, { depth: 3000, slope: 3 }), processors(2, 1)).processors).to.equal(3);
  });
});

describe("autoscaling: the drain rule", () => {
  /** Recommendation for processors at their expected speed of 100 %, so that the answer is plain arithmetic. */
  const at = (depth: number, putRate: number, from = 1): number =>
    once({ ...drain, maxStepUp: 64, max: 64 }, observed(1000, { depth, putRate, takeRate: 0 }), processors(from))
      .recommended;

  it("recommends what takes the arrivals and empties the backlog in time", () => {
    // Capacities: 333, 583, 916, 1166, 1499 ... samples per second. A backlog counts above 100 (1 %), by 1/30.
    expect(at(100, 333)).to.equal(1);
    expect(at(100, 334)).to.equal(2);
    expect(at(100, 1499)).to.equal(5);
    expect(at(3100, 1499)).to.equal(6);
    expect(at(3100, 1399)).to.equal(5);
    expect(at(10_000, 2000)).to.equal(8);
    expect(at(10_000, 4000)).to.equal(15);
  });

  it("recommends fewer only if those suffice with the margin", () => {
    // Five take 1499/s, that is 1249/s and 20 %.
    expect(at(100, 1249, 6)).to.equal(5);
    expect(at(100, 1250, 6)).to.equal(6);
  });

  it("uses the rate that was measured while a backlog kept the processors busy", () => {
    const loop = new Loop({ ...drain, max: 64, maxStepUp: 64 }, 2);
    const slow = { depth: 4000, putRate: 583, takeRate: 291.5 };
    for (let time = 0; time <= 30_000; time += 10_000) loop.evaluate(observed(time, slow), processors(2));
    const decision = loop.evaluate(observed(40_000, slow), processors(2));
    expect(decision.speed).to.be.closeTo(0.5, 0.05);
    expect(decision.recommended).to.equal(5);
    // The measured speed is kept after the backlog is gone: 583/s still need four processors and a margin.
    for (let time = 50_000; time < 250_000; time += 10_000) {
      loop.evaluate(observed(time, { depth: 50, putRate: 583, takeRate: 583 }), processors(loop.count));
    }
    expect(loop.count).to.equal(5);
  });

  it("measures no rate while idle, while the number of processors changes, or at a standstill", () => {
    const speedAfter = (about: Parameters<typeof observed>[1], current = processors(2)): number | undefined =>
      once(drain, observed(1000, about), current).speed;
    expect(speedAfter({ depth: 10, takeRate: 100 })).to.equal(undefined);
    expect(speedAfter({ depth: 5000, takeRate: 300 }, processors(3, 2))).to.equal(undefined);
    expect(speedAfter({ depth: 5000, takeRate: 5 })).to.equal(undefined);
    expect(speedAfter({ depth: 5000, takeRate: null })).to.equal(undefined);
    expect(speedAfter({ depth: 5000, takeRate: 583 })).to.equal(1);
    // A speed above the assumed one is measured even without a backlog.
    expect(speedAfter({ depth: 10, takeRate: 1166 })).to.equal(1.5);
  });

  it("counts refused samples as arrivals", () => {
    const full = { depth: 10_000, putRate: 333, takeRate: 333 };
    const loop = new Loop({ ...drain, maxStepUp: 64 }, 1);
    expect(loop.evaluate(observed(10_000, { ...full, rejected: 0 })).recommended).to.equal(3);
    const refusing = new Loop({ ...drain, maxStepUp: 64 }, 1);
    refusing.evaluate(unreadable(0));
    refusing.evaluate(observed(10_000, { rejected: 100 }));
    expect(refusing.evaluate(observed(20_000, { ...full, rejected: 7100 })).recommended).to.equal(5);
    // A counter that was set back says nothing.
    refusing.count = 1;
    expect(refusing.evaluate(observed(30_000, { ...full, rejected: 5 })).recommended).to.equal(3);
  });

  it("removes none while the queue grows, whatever rate was measured", () => {
    const policy = { ...drain, stabilisationSeconds: 0 };
    for (const { depth, rule } of [
      { depth: 500, rule: "drain.growing" },
      { depth: 390, rule: "drain.fewer" },
    ]) {
      const loop = new Loop(policy, 6);
      loop.evaluate(observed(10_000, { depth: 300, putRate: 1250, takeRate: 1250 }));
      const about = { depth, putRate: 800, takeRate: 780 };
      expect(loop.evaluate(observed(20_000, about), processors(6)).rule, String(depth)).to.equal(rule);
    }
  });

  it("holds while the rates are unknown", () => {
    const decision = once(drain, observed(1000, { depth: 9000, putRate: null, takeRate: null }), processors(2));
    expect(decision).to.deep.include({ action: "hold", rule: "drain.unknown", kinds: split(2) });
  });
});
