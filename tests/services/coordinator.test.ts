/**
 * Real viewers that scale: with a real API server (whose controller manager makes the pods), a real broker and queue agent, and a
 * stand-in for the queue's figures. The service account has exactly the rights that the coordinator needs.
 * Does not prove: that pods get ready in time (tests/cluster), nor how good the policy is (bench/autoscaling).
 */
import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { busy, idle } from "./coordination";
import { quick, Scene } from "./scene";
import { eventually } from "../support/eventually";

describe("coordinator", function () {
  this.timeout(120_000);
  let scene: Scene;

  before(async () => (scene = await Scene.set("scaling")));
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way
  after(() => scene?.strike());

  it("takes the lease, reads the policy and records why it changes nothing", async () => {
    const led = await scene.found("an event of the leader", 20, 0, ({ kind }) => kind === "leader");
    expect(led).to.include({
      by: "viewer-1",
      source: "coordinator",
      reason: "viewer-1 coordinates now: no instance did",
    });
    const held = await scene.found("a first decision", 20, 0, ({ kind }) => kind === "held");
    expect(held).to.deep.include({ from: { felix: 1, celix: 0 }, to: { felix: 1, celix: 0 } });
    expect(held.metric).to.deep.equal({ fill: 0, slope: 0, putRate: 10, takeRate: 10, depth: 0 });
    const now = await eventually("the mode", 5, async () => {
      const known = await scene.stats();
      return known.mode !== null && known.ratePercent !== null && known;
    });
    expect(now).to.deep.include({ mode: { mode: "auto" }, leader: "viewer-1", ratePercent: 5 });
    expect((await scene.stats()).policy).to.include({ policy: "slope", max: 4, intervalSeconds: 2 });
    expect(await scene.cluster.leader()).to.equal("viewer-1");
  });

  it("adds processors under load, both kinds alternating, and removes them afterwards", async () => {
    const before = await scene.newest();
    const began = Date.now();
    Object.assign(scene.queue, busy);
    await scene.processors(1, 1, 10);
    console.log(`      first action after ${Date.now() - began} ms`);
    await scene.processors(2, 2);
    await eventually("the most", 20, async () => (await scene.stats()).lastDecision?.rule === "at-maximum");
    Object.assign(scene.queue, idle);
    await scene.processors(1, 0, 60);
    const scaled = (await scene.events(before)).filter(({ kind }) => kind === "scaled");
    const totals = scaled.map(({ to }) => (to?.felix ?? 0) + (to?.celix ?? 0));
    expect(
      scaled.every(({ outcome, rule, metric }) => outcome === "done" && rule !== undefined && metric !== undefined),
    ).to.equal(true);
    for (const { to } of scaled) expect((to?.felix ?? 0) - (to?.celix ?? 0)).to.be.within(0, 1);
    const top = totals.indexOf(4);
    const turns = [...totals.slice(0, top + 1), ...totals.slice(top).map((each) => 8 - each)];
    expect(turns, "one direction change").to.deep.equal([...turns].sort((a, b) => a - b));
    const events = await eventually("Kubernetes Events", 5, async () => {
      const texts = await scene.cluster.kubernetesEvents();
      return texts.length >= scaled.length && texts;
    });
    expect(
      events.some((each) => /^ScaledUp: 0 => 1: 1 => 2: queue 40 % full/.test(each)),
      events.join("\n"),
    ).to.equal(true);
    expect(await scene.viewer.text("/metrics")).to.match(
      /^inaetics_scaling_decisions_total\{policy="slope",action="up"\} [1-9]/m,
    );
  });

  it("applies another policy without a restart, and keeps the last good one when the new one is invalid", async () => {
    const before = await scene.newest();
    await scene.cluster.configure(JSON.stringify({ ...quick, min: 2 }));
    await scene.processors(1, 1);
    const changed = await scene.found("the change", 10, before, ({ kind }) => kind === "mode");
    expect(changed.reason).to.equal("the policy changed: min: 1 => 2");
    for (const wrong of ["{", JSON.stringify({ policy: "magic", min: 7 })]) await scene.cluster.configure(wrong);
    const kept = await scene.found("the refusal", 10, before, ({ rule }) => rule === "policy-unreadable");
    expect(kept.reason).to.match(/magic.*allowed.*slope, drain.*last good one/);
    expect((await scene.stats()).policy).to.include({ policy: "slope", min: 2 });
    await sleep(4000);
    expect(await scene.cluster.processors()).to.deep.equal([1, 1]);
    await scene.cluster.configure(JSON.stringify(quick));
    await scene.processors(1, 0);
  });

  it("scales nothing without a policy", async () => {
    await scene.cluster.unconfigure();
    await eventually("a pause", 10, async () => (await scene.stats()).lastDecision?.rule === "paused");
    Object.assign(scene.queue, { utilisation: 40, slope: 0.4, putRate: 600 });
    await sleep(5000);
    expect(await scene.cluster.processors()).to.deep.equal([1, 0]);
    Object.assign(scene.queue, idle);
    await scene.cluster.configure(JSON.stringify(quick));
    await eventually("decisions again", 10, async () => (await scene.stats()).lastDecision?.rule !== "paused");
  });
});
