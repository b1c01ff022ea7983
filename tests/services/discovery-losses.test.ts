/**
 * Discovery while a real etcd is halted, dead, started again or cut off: registrations and watches heal after each.
 * Does not prove: the agents' own clients in Java and C (their own tests).
 */
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Discovery, type Entries } from "@inaetics/discovery";
import { eventually } from "../support/eventually";
import { Forwarder } from "../support/forwarder";
import { freePort } from "../support/ports";
import { beta, EtcdScene, quiet } from "./etcdscene";
import { Registrant } from "./registrants";

describe("discovery while etcd is lost", function () {
  this.timeout(90_000);
  let scene: EtcdScene;

  before(async () => {
    scene = await EtcdScene.set();
    await scene.back(10);
  });
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way
  after(() => scene?.strike());

  it("stays registered when etcd starts again", async () => {
    await scene.etcd.down();
    await scene.etcd.up();
    await scene.back(10);
    await eventually("the news", 10, async () => Promise.resolve(scene.survivor.state === "registered"));
    await scene.etcd.put("/inaetics/x/after", "restart");
    await eventually("a change after it", 5, async () =>
      Promise.resolve(scene.survivor.entries.has("/inaetics/x/after")),
    );
    await scene.etcd.delete("/inaetics/x/after");
    scene.survivor.well();
  });

  it("comes back after etcd halted for 20 s, and was dead for 20 s, and reports it once", async () => {
    for (const stop of [true, false]) {
      const before = scene.survivor.output.length;
      if (stop) scene.etcd.signal("SIGSTOP");
      else await scene.etcd.down();
      await sleep(20_000);
      scene.survivor.well();
      expect(scene.survivor.state).not.to.equal("registered");
      if (stop) scene.etcd.signal("SIGCONT");
      else await scene.etcd.up();
      await eventually("registered", 8, async () => Promise.resolve(scene.survivor.state === "registered"));
      await scene.back(2);
      await scene.etcd.put("/inaetics/x/after", String(stop));
      await eventually("a change", 8, async () =>
        Promise.resolve(scene.survivor.entries.get("/inaetics/x/after") === String(stop)),
      );
      const said = scene.survivor.output.slice(before).match(/not registered/g) ?? [];
      expect(said.length).to.be.within(1, 6);
    }
    await scene.etcd.delete("/inaetics/x/after");
  });

  it("survives a connection that breaks at any moment", async () => {
    const port = await freePort();
    const forwarder = new Forwarder(port, Number(new URL(scene.etcd.endpoint).port));
    const other = Registrant.start(`https://127.0.0.1:${port}`, scene.folder, { [beta]: "10.1.1.2:8080" });
    try {
      for (let round = 0; round < 60; round++) {
        await forwarder.open();
        await sleep((round * 37) % 230);
        await forwarder.close();
      }
      other.well();
      await forwarder.open();
      await eventually("its key", 10, async () => (await scene.value(beta)) === "10.1.1.2:8080");
      await eventually("its watch", 10, async () => Promise.resolve(other.entries.has(beta)));
      other.well();
    } finally {
      await other.end("SIGTERM");
      await forwarder.close();
    }
  });

  it("reads again when the changes that a watch missed are compacted away", async () => {
    const port = await freePort();
    const forwarder = new Forwarder(port, Number(new URL(scene.etcd.endpoint).port));
    await forwarder.open();
    const seen: Entries[] = [];
    const discovery = new Discovery({ endpoints: [`https://127.0.0.1:${port}`], folder: scene.folder }, quiet);
    try {
      await scene.etcd.put("/inaetics/x/gone", "1");
      const watch = discovery.watch("/inaetics/x/", (entries) => seen.push(entries));
      await eventually("the first read", 5, async () =>
        Promise.resolve(watch.entries?.get("/inaetics/x/gone") === "1"),
      );
      await sleep(500);
      await forwarder.close();
      await scene.etcd.delete("/inaetics/x/gone");
      await scene.etcd.put("/inaetics/x/new", "2");
      const revision = /"revision":(\d+)/.exec(await scene.etcd.run("get", "/none", "--write-out=json"))?.[1] ?? "";
      await scene.etcd.run("compact", revision);
      expect(watch.entries?.get("/inaetics/x/gone")).to.equal("1");
      await forwarder.open();
      await eventually("the state now", 8, async () =>
        Promise.resolve(JSON.stringify([...(watch.entries ?? [])]) === '[["/inaetics/x/new","2"]]'),
      );
      await scene.etcd.delete("/inaetics/x/new");
      await eventually("a change after it", 5, async () => Promise.resolve(watch.entries?.size === 0));
      expect(seen.map((each) => each.size)).to.deep.equal([1, 1, 0]);
    } finally {
      await discovery.stop();
      await forwarder.close();
    }
  });

  it("waits for etcd and for usable certificates, and reports the fault", async () => {
    const own = path.join(scene.etcd.folder, "later");
    mkdirSync(own);
    const said: string[] = [];
    const hear = (text: string): void => void said.push(text);
    const discovery = new Discovery(
      { endpoints: [scene.etcd.endpoint], folder: own },
      { info: hear, warn: hear, error: hear },
    );
    try {
      const registration = discovery.register({ [beta]: "10.1.1.2:8080" });
      await eventually("the first attempt", 5, async () => Promise.resolve(said.length > 0));
      expect(registration.unready()).to.match(/^not in discovery: .*(ca|cert|key)\.pem/);
      for (const file of readdirSync(scene.folder)) copyFileSync(path.join(scene.folder, file), path.join(own, file));
      await eventually("the key", 8, async () => (await scene.value(beta)) === "10.1.1.2:8080");
      await eventually("readiness", 1, async () => Promise.resolve(registration.unready() === undefined));
      await scene.etcd.down();
      await eventually("its loss", 10, async () => Promise.resolve(registration.missing !== undefined));
      expect(registration.unready()).to.equal(undefined);
      await scene.etcd.up();
      await eventually("its return", 10, async () => Promise.resolve(registration.missing === undefined));
      expect(said.filter((text) => text.includes("registered")).length).to.be.within(4, 8);
    } finally {
      await discovery.stop();
    }
    expect(await scene.value(beta)).to.equal("");
  });
});
