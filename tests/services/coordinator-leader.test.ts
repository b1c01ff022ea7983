/**
 * The lease of the coordinator: real viewers of which one leads, when it is killed, stopped or cannot reach the API server.
 * Does not prove: the decisions themselves (coordinator.test.ts), nor that pods get ready in time (tests/cluster).
 */
import { expect } from "chai";
import type { ShownEvent } from "@inaetics/model";
import { busy, idle } from "./coordination";
import { quick, Scene } from "./scene";
import { eventually } from "../support/eventually";
import { type Service } from "../support/service";

describe("coordinator: leader", function () {
  this.timeout(120_000);
  let scene: Scene;
  let other: Service | undefined;

  before(async () => {
    scene = await Scene.set("leading");
    await scene.cluster.configure(JSON.stringify({ ...quick, min: 1 }));
    Object.assign(scene.queue, busy);
    await eventually("the most processors", 60, async () => (await scene.stats()).lastDecision?.rule === "at-maximum");
  });
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way
  after(() => scene?.strike());

  it("hands over to another instance when the leader is killed, with its history", async () => {
    await scene.send("PUT", "/coordinator/producers", { count: 3 });
    await scene.send("POST", "/coordinator/utilisation", { value: 45 });
    other = await scene.start("viewer-2");
    const second = other;
    await eventually("the same events", 10, async () => (await scene.newest(second)) === (await scene.newest()));
    await eventually("the leader known", 5, async () => (await scene.stats(second)).leader === "viewer-1");
    const before = await scene.events();
    const processorsBefore = await scene.cluster.processors();
    await scene.viewer.stop("SIGKILL");
    const killed = Date.now();
    Object.assign(scene.queue, idle);
    const isActing = async (): Promise<ShownEvent | undefined> =>
      (await scene.events(before.at(-1)?.id, second)).find(({ by, rule }) => by === "viewer-2" && rule !== undefined);
    const first = await eventually("another one acts", 15, isActing);
    console.log(`      viewer-2 decided ${Date.now() - killed} ms after the kill: ${first.rule ?? ""}`);
    const after = await scene.events(0, second);
    expect(after.slice(0, before.length)).to.deep.equal(before);
    expect(after.map(({ id }) => id)).to.deep.equal(after.map((_, index) => index + 1));
    expect(after.find(({ kind, by }) => kind === "leader" && by === "viewer-2")?.reason).to.match(/viewer-1 does not/);
    expect(await scene.requested("producers", "celixProducers")).to.deep.equal([3, 0]);
    expect((await scene.stats(second)).ratePercent).to.equal(45);
    expect(processorsBefore).to.deep.equal([2, 2]);
    await scene.processors(1, 0, 40);
  });

  it("releases the lease when it is stopped", async () => {
    const second = other;
    scene.viewer = await scene.start("viewer-3");
    await eventually("the leader known", 10, async () => (await scene.stats()).leader === "viewer-2");
    const began = Date.now();
    expect(await second?.stop()).to.equal(0);
    await eventually("the successor", 6, async () => (await scene.cluster.leader()) === "viewer-3");
    console.log(`      viewer-3 holds the lease ${Date.now() - began} ms after the stop of viewer-2`);
  });

  it("continues after an outage of the API server, and does not lead meanwhile", async () => {
    const before = await scene.newest();
    await scene.server.goAway();
    await eventually("not leading", 12, async () =>
      /^inaetics_coordinator_leading 0$/m.test(await scene.viewer.text("/metrics")),
    );
    expect((await scene.send("PUT", "/coordinator/producers", { count: 1 })).status).to.equal(503);
    expect(await scene.viewer.status("/healthz")).to.equal(200);
    await scene.server.comeBack();
    await eventually("leading", 20, async () =>
      /^inaetics_coordinator_leading 1$/m.test(await scene.viewer.text("/metrics")),
    );
    Object.assign(scene.queue, busy);
    await scene.processors(1, 1);
    Object.assign(scene.queue, idle);
    await scene.processors(1, 0, 60);
    expect((await scene.events(before)).filter(({ kind }) => kind === "producers")).to.deep.equal([]);
  });
});
