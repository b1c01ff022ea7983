/**
 * The simulator of bench/autoscaling: it neither loses nor invents samples; and the policies' behaviour in it.
 * Not proven here: that a real cluster's processors are as even as the simulator's (tests/cluster).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { contenders, type Contender } from "../../bench/autoscaling/contenders";
import { measurePerformance, turns, worst } from "../../bench/autoscaling/performance";
import { loads, type Load } from "../../bench/autoscaling/loads";
import { Plant, plantDefaults } from "../../bench/autoscaling/plant";
import { simulate, type Moment } from "../../bench/autoscaling/simulate";

function contender(name: string): Contender {
  const found = contenders.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no contender ${name}`);
  return found;
}

function load(name: RegExp): Load {
  const found = loads.find((each) => name.test(each.name));
  if (found === undefined) throw new Error(`no load ${String(name)}`);
  return found;
}

function moment(time: number, processors: number, fill = 0): Moment {
  return { time, fill, processors, requested: { felix: processors, celix: 0 }, rule: "" };
}

describe("autoscaling: the simulated plant", () => {
  it("conserves samples: offered = accepted + rejected, accepted = taken + waiting, never above the capacity", () => {
    const settings = fc.record({
      seed: fc.nat(),
      capacity: fc.integer({ min: 1, max: 5000 }),
      lifeSeconds: fc.constantFrom(3, 30, Infinity),
      machineRate: fc.constantFrom(100, Infinity),
    });
    const step = fc.record({ rate: fc.nat(5000), felix: fc.nat(6), celix: fc.nat(6) });
    fc.assert(
      fc.property(settings, fc.array(step, { maxLength: 40 }), (chosen, steps) => {
        const plant = new Plant({ ...plantDefaults, ...chosen });
        for (const { rate, ...kinds } of steps) {
          plant.request(kinds);
          for (let tick = 0; tick < 10; tick++) plant.step(0.1, rate);
          expect(plant.requested()).to.deep.equal(kinds);
          expect(plant.offered).to.equal(plant.accepted + plant.rejected);
          expect(plant.accepted).to.equal(plant.taken + plant.depth);
          expect(plant.depth).to.be.within(0, chosen.capacity);
        }
      }),
    );
  });

  it("takes samples at the rate of its started processors", () => {
    const plant = new Plant(plantDefaults);
    plant.request({ felix: 1, celix: 1 });
    for (let tick = 0; tick < 29; tick++) plant.step(0.1, 5000);
    expect(plant.taken).to.equal(0);
    expect(plant.ready()).to.deep.equal({ felix: 0, celix: 0 });
    for (let tick = 0; tick < 101; tick++) plant.step(0.1, 5000);
    expect(plant.ready()).to.deep.equal({ felix: 1, celix: 1 });
    expect(plant.taken).to.be.within(5700, 5900);
    expect(plant.processorSeconds).to.be.closeTo(26, 0.01);
  });

  it("computes the processors that a rate needs", () => {
    expect([0, 333, 334, 583, 584, 2300].map((rate) => Plant.needed(rate, 1))).to.deep.equal([0, 1, 2, 2, 3, 8]);
    expect(Plant.needed(600, 0.5)).to.equal(5);
  });

  it("repeats a run with the same seed", () => {
    const sine = { ...load(/^sine/), seconds: 300, plant: { lifeSeconds: 20 } };
    const [one, two] = [0, 1].map(() => simulate(contender("drain"), sine, 3));
    expect(one?.moments).to.deep.equal(two?.moments);
    expect(one?.plant.taken).to.equal(two?.plant.taken);
  });
});

describe("autoscaling: performance of a simulated run", () => {
  it("counts changes of direction, not steps", () => {
    expect(turns([1, 3, 3, 5, 5].map((count, time) => moment(time, count)))).to.equal(0);
    expect(turns([1, 3, 2, 2, 1, 1, 2].map((count, time) => moment(time, count)))).to.equal(2);
  });

  it("measures first action, overshoot, time to stability and return", () => {
    const counts = [1, 1, 1, 4, 4, 3, 3, 3, 3, 3, 3, 1, 1, 1];
    const moments = counts.map((count, time) => moment(time, count, time === 4 ? 50 : 0));
    const changes = [2, 10];
    const rate = (time: number): number => (time < 10 ? 500 : 50);
    const figures = measurePerformance({
      load: { name: "", seconds: 14, rate, changes },
      moments,
      plant: new Plant(plantDefaults),
    });
    expect(figures).to.include({ firstAction: 1, overshoot: 2, stable: 3, back: 1, turns: 1, turnsInStep: 1 });
    expect(worst([figures, { ...figures, firstAction: 9, stable: null }])).to.include({
      firstAction: 9,
      stable: null,
      back: 1,
    });
  });
});

describe("autoscaling: the policies in the simulator", function () {
  this.timeout(60_000);
  const phases = [0, 2, 5, 8, 9];

  for (const { name, back } of [
    { name: "drain", back: 110 },
    { name: "slope", back: 500 },
  ]) {
    it(`${name}: adds within an interval, empties the queue and holds, and ends at 1 with at most one turn a step`, () => {
      for (const phase of phases) {
        const figures = measurePerformance(simulate(contender(name), load(/^step to 1500\/s$/), phase));
        expect(figures.firstAction, `first action, phase ${phase}`).to.be.within(0, 11);
        expect(figures.stable, `stable, phase ${phase}`).to.be.within(1, 150);
        expect(figures.back, `back, phase ${phase}`).to.be.within(1, back);
        expect(figures.turnsInStep, `turns, phase ${phase}`).to.be.at.most(1);
        expect(figures.overshoot, `overshoot, phase ${phase}`).to.be.at.most(3);
      }
    });

    it(`${name}: reports the overload at the maximum, and recovers from it`, () => {
      const { moments } = simulate(contender(name), load(/4000/), 4);
      const atMaximum = moments.filter(({ rule }) => rule === "at-maximum");
      expect(atMaximum.length).to.be.greaterThan(400);
      expect(new Set(atMaximum.map(({ processors }) => processors))).to.deep.equal(new Set([8]));
      expect(moments.at(-1)?.processors).to.equal(1);
    });

    it(`${name}: changes nothing while the queue cannot be read`, () => {
      const blind = load(/unreadable/);
      const { moments } = simulate(contender(name), blind, 4);
      const unread = moments.filter(({ rule }) => rule === "unreadable" || rule === "fallback");
      expect(unread.length).to.be.greaterThan(200);
      const changed = moments.filter(
        ({ processors, rule }, i) =>
          processors !== (moments[i - 1]?.processors ?? 1) && unread.some((each) => each.rule === rule),
      );
      expect(changed).to.deep.equal([]);
    });

    it(`${name}: finds the number of slow processors by measuring their rate`, () => {
      const figures = measurePerformance(simulate(contender(name), load(/45 %/), 6));
      expect(figures.stable).to.be.within(1, 150);
      expect(figures.turnsInStep).to.be.at.most(1);
    });
  }

  it("measures the flapping of the original rule", () => {
    const figures = measurePerformance(simulate(contender("original rule"), load(/^step to 1500\/s$/), 5));
    expect(figures.turnsInStep).to.be.greaterThan(4);
    expect(figures.stable).to.equal(null);
  });
});
