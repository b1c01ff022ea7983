/**
 * A real viewer that cannot read the queue's figures, for longer than the policy waits for its fallback.
 * Does not prove: the decisions with figures (coordinator.test.ts).
 */
import { expect } from "chai";
import { eventually } from "../support/eventually";
import { quick, Scene } from "./scene";

describe("coordinator: figures", function () {
  this.timeout(120_000);
  let scene: Scene;

  before(async () => (scene = await Scene.set("reading")));
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way
  after(() => scene?.strike());

  it("changes nothing while the figures cannot be read, records that, and recovers", async () => {
    await scene.cluster.configure(JSON.stringify({ ...quick, min: 1 }));
    Object.assign(scene.queue, { utilisation: 40, slope: 0.4, putRate: 600 });
    await eventually("some processors", 20, async () => (await scene.cluster.processors())[1] > 0);
    await eventually("steady", 20, async () => (await scene.stats()).lastDecision?.rule === "at-maximum");
    const [replicas, before] = [await scene.cluster.processors(), await scene.newest()];
    const began = Date.now();
    for (const trouble of ["error", "garbage", "nonsense", "slow", "endless", "closed"] as const) {
      scene.queue.trouble = trouble;
      const asked = scene.queue.asked;
      await eventually(`polls without figures (${trouble})`, 20, async () => scene.queue.asked >= asked + 3);
      expect(await scene.cluster.processors(), trouble).to.deep.equal(replicas);
    }
    expect(Date.now() - began).to.be.above(30_000);
    const held = (await scene.events(before)).map(({ kind, rule }) => `${kind} ${rule ?? ""}`);
    expect(held).to.deep.equal(["held unreadable", "held fallback"]);
    scene.queue.trouble = undefined;
    await scene.found("the recovery", 10, before, ({ kind }) => kind === "recovered");
    expect(await scene.cluster.processors()).to.deep.equal(replicas);
  });
});
