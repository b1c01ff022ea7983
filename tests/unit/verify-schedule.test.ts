/**
 * The random schedule of faults, and the judgement of recoveries.
 * Does not prove: that faults hit what they name, nor the measured times (docs/reliability.md has those).
 */
import { seededRandom } from "@inaetics/base";
import { expect } from "chai";
import fc from "fast-check";
import { Failure } from "@inaetics/workstation";
import type { Scene } from "../../cli/faults/scene";
import { check } from "../../cli/verify/checker";
import { isInTime, longestSilence, lostPods, type Recovered, type Snapshot, unmet } from "../../cli/verify/recovery";
import { outcomeProblems, renderOutcome, type Outcome } from "../../cli/verify/report";
import { chooseFaults, describePlanned, schedule, usualFaults } from "../../cli/verify/schedule";

const pod = (name: string, label: string, node: string) => ({ name, label, uid: name, node });
const scene: Scene = {
  cluster: "inaetics-test",
  containers: true,
  boxes: { controller: "172.30.9.20", "node-1": "172.30.9.31", "node-2": "172.30.9.32", "node-3": "172.30.9.33" },
  pods: [
    pod("inaetics-queue-0", "inaetics-queue-broker-pod", "node-1"),
    pod("inaetics-queue-1", "inaetics-queue-broker-pod", "node-2"),
    pod("inaetics-queue-controller-abcde", "inaetics-queue-pod", "node-2"),
    pod("inaetics-processor-controller-x", "inaetics-processor-pod", "node-1"),
    pod("inaetics-agent-controller-x", "inaetics-agent-pod", "node-1"),
  ],
};

const take = (seed: number, count: number): readonly string[] => {
  const planned = schedule(scene, seed);
  return Array.from({ length: count }, () => {
    const { value } = planned.next();
    return `${describePlanned(value)}, ${value.calm}`;
  });
};

describe("schedule of faults", () => {
  it("is the same for the same seed, and another for another", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(take(seed, 20)).to.deep.equal(take(seed, 20));
      }),
    );
    expect(take(1, 20)).not.to.deep.equal(take(2, 20));
  });

  it("has each fault once in each turn, with an allowed target and a bounded duration", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const planned = schedule(scene, seed);
        const turn = Array.from({ length: usualFaults.length }, () => planned.next().value);
        expect(turn.map(({ fault }) => fault.name).sort()).to.deep.equal([...usualFaults].sort());
        for (const { fault, target, seconds, calm } of turn) {
          expect(fault.targets(scene)).to.include(target);
          expect(seconds === undefined).to.equal(fault.seconds === null);
          if (seconds !== undefined) expect(seconds).to.be.within(2, 1.5 * (fault.seconds ?? 0) + 1);
          expect(calm).to.be.within(3, 10);
        }
      }),
    );
  });

  it("names pods by role, because only brokers keep their names, and spares the free fleet", () => {
    const planned = schedule(scene, 7, ["pod-kill"]);
    const targets = new Set(Array.from({ length: 50 }, () => planned.next().value.target));
    expect([...targets].sort()).to.deep.equal(["inaetics-queue-0", "inaetics-queue-1", "processor", "queue-agent"]);
  });

  it("refuses faults that are unknown or that the cluster cannot have", () => {
    expect(() => chooseFaults(scene, ["explode"])).to.throw(Failure, /"explode", which is not known; allowed: kill/);
    expect(() => chooseFaults(scene, ["full-disk"])).to.throw(Failure, /share this machine's disk/);
  });

  it("draws numbers from 0 to 1", () => {
    const random = seededRandom(3);
    const numbers = Array.from({ length: 1000 }, random);
    expect(Math.min(...numbers)).to.be.within(0, 0.01);
    expect(Math.max(...numbers)).to.be.within(0.99, 1);
  });
});

describe("recovery", () => {
  const state = (name: string, label: string, node: string, restarts = 0, ready = true) => {
    return { name, uid: `uid of ${name}`, label, node, ready, restarts, ending: false };
  };
  const before: Snapshot = {
    nodes: ["node-1", "node-2"],
    pods: [state("p-1", "p-pod", "node-1"), state("inaetics-queue-0", "inaetics-queue-broker-pod", "node-1")],
    wanted: { "p-pod": 1, "inaetics-queue-broker-pod": 1 },
  };

  it("counts a pod that was lost only after a restart or as another pod", () => {
    const lost = lostPods(before, { pod: "p-1" });
    expect(unmet(before, lost, undefined)).to.deep.equal(["0 of 1 p"]);
    const restarted = { ...before, pods: [state("p-1", "p-pod", "node-1", 1)] };
    expect(unmet(restarted, lost, undefined)).to.deep.equal([]);
    const replaced = { ...before, pods: [state("p-1", "p-pod", "node-1"), state("p-2", "p-pod", "node-2")] };
    expect(unmet(replaced, lost, undefined)).to.deep.equal([]);
    const again = { ...before, pods: [{ ...state("p-1", "p-pod", "node-1"), uid: "another" }] };
    expect(unmet(again, lost, undefined), "a broker keeps its name").to.deep.equal([]);
  });

  it("does not wait for a broker whose node is away, until all must be back", () => {
    const lost = lostPods(before, { node: "node-1" });
    const moved = { ...before, nodes: ["node-2"], pods: [...before.pods, state("p-2", "p-pod", "node-2")] };
    expect(unmet(moved, lost, undefined)).to.deep.equal([]);
    expect(unmet(moved, lost, before.nodes)).to.deep.equal(["0 of 1 inaetics-queue-broker", "node-1 is not Ready"]);
  });

  it("finds the longest silence, also at both ends", () => {
    expect(longestSilence([1, 2, 5, 6], 0, 7)).to.equal(3);
    expect(longestSilence([], 10, 25)).to.equal(15);
    expect(longestSilence([1, 2], 0, 20)).to.equal(18);
  });

  const recovered: Recovered = {
    fault: "kill of etcd",
    part: "controller",
    from: 1000,
    endedAt: 1000,
    wholeAt: 21_000,
    seconds: 12.3,
    limit: 30,
    missing: [],
  };
  const limits = { endedAt: 9, waiting: 0, latencyMs: 5, putWindowMs: 60, resultWindowMs: 120 };
  const outcome = (own: Partial<Outcome>): Outcome => {
    const base = { stack: "test", seed: 4, rate: 200, seconds: 60, accepted: 1, waiting: 0, recoveries: [recovered] };
    return { ...base, verdict: check([], limits), ...own };
  };

  it("is in time when the part is within its limit and the rest comes back", () => {
    expect(isInTime(recovered)).to.equal(true);
    expect(isInTime({ ...recovered, seconds: 30.1 })).to.equal(false);
    expect(isInTime({ ...recovered, seconds: null })).to.equal(false);
    expect(isInTime({ ...recovered, wholeAt: null })).to.equal(false);
  });

  it("is reported with its limit, and everything that is bad below", () => {
    expect(renderOutcome(outcome({}))).to.match(/kill of etcd\s+controller\s+12\.3 s\s+limit 30 s\s+whole after 20 s/);
    expect(renderOutcome(outcome({}))).to.match(/Nothing is lost/);
    const late = outcome({ recoveries: [{ ...recovered, seconds: null, wholeAt: null, missing: ["0 of 1 p"] }] });
    expect(outcomeProblems(late)).to.deep.equal([
      "not in time: kill of etcd: not recovered, limit 30 s (missing: 0 of 1 p)",
    ]);
    const events = [
      { kind: "put", id: "a", at: 1 },
      { kind: "acknowledged", id: "a", at: 2 },
    ] as const;
    expect(renderOutcome(outcome({ verdict: check(events, limits) }))).to.match(/1 acknowledged, and lost: a/);
  });
});
