/**
 * Discovery on a real etcd with the roles that the boxes' own script gives: leases that heal after every failure of
 * etcd, watches, and the role's limits. Does not prove: the agents' own clients in Java and C, nor the pods'
 * certificates (tests/cluster).
 */
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import {
  AGENT_SERVICE,
  chooseRoute,
  Discovery,
  endpointKey,
  formatEndpoints,
  formatWire,
  natsWire,
  routesTo,
  serviceKey,
  wireKey,
  ZONE,
  type Entries,
} from "@inaetics/discovery";
import { TestBroker } from "../support/broker";
import { Etcd } from "../support/etcd";
import { Forwarder } from "../support/forwarder";
import { EtcdUsers, Registrant } from "./registrants";
import { eventually } from "../support/eventually";
import { Service } from "../support/service";
import { freePort } from "../support/ports";

const [alpha, beta] = [serviceKey(AGENT_SERVICE, "alpha"), serviceKey(AGENT_SERVICE, "beta")];

describe("discovery on a real etcd", function () {
  this.timeout(90_000);
  let etcd: Etcd;
  let folder: string;
  let survivor: Registrant;
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const connect = (): Discovery => new Discovery({ endpoints: [etcd.endpoint], folder }, quiet);
  const keys = () => etcd.keys("/inaetics/");
  const value = async (key: string) => (await etcd.get(key)).trimEnd();
  /** Milliseconds until alpha's key has its value (again). */
  const back = async (seconds: number): Promise<number> => {
    const began = Date.now();
    await eventually("alpha's key", seconds, async () => (await value(alpha)) === "10.1.1.1:8080");
    survivor.well();
    return Date.now() - began;
  };

  before(async () => {
    etcd = await Etcd.start();
    await new EtcdUsers(etcd).apply(undefined);
    folder = await etcd.clientFolder("inaetics");
    survivor = Registrant.start(etcd.endpoint, folder, { [alpha]: "10.1.1.1:8080" });
  });
  /* eslint-disable @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way */
  after(async () => {
    await survivor?.end("SIGKILL");
    etcd?.stop();
  });
  /* eslint-enable @typescript-eslint/no-unnecessary-condition */

  it("removes the key of a process that was killed within its lease, and no other", async () => {
    await back(10);
    const other = Registrant.start(etcd.endpoint, folder, { [beta]: "10.1.1.2:8080" });
    await eventually("both keys", 10, async () => (await keys()).length === 2);
    // Longer than a lease: it was kept alive.
    await sleep(17_000);
    expect(await keys()).to.deep.equal([alpha, beta]);
    await other.end("SIGKILL");
    await eventually("beta's end", 17, async () => (await keys()).join() === alpha);
    survivor.well();
    expect([...survivor.entries.keys()]).to.deep.equal([alpha]);
  });

  it("removes the keys at once of a process that ends in an orderly way", async () => {
    const other = Registrant.start(etcd.endpoint, folder, { [beta]: "10.1.1.2:8080", "/inaetics/x/beta": "y" });
    await eventually("its keys", 10, async () => (await keys()).length === 3);
    await other.end("SIGTERM");
    expect(await keys()).to.deep.equal([alpha]);
    expect(other.errors).to.equal("");
  });

  it("puts back what was purged or changed, and after its lease was revoked, within 6 s", async () => {
    await etcd.run("del", "--prefix", "/inaetics/");
    expect(await back(6)).to.be.below(6000);
    await etcd.put(alpha, "9.9.9.9:1");
    expect(await back(6)).to.be.below(6000);
    const lease = /"lease":(\d+)/.exec(await etcd.run("get", alpha, "--write-out=json"))?.[1] ?? "";
    await etcd.run("lease", "revoke", BigInt(lease).toString(16));
    expect(await value(alpha)).to.equal("");
    expect(await back(6)).to.be.below(6000);
  });

  it("stays registered when etcd starts again", async () => {
    await etcd.down();
    await etcd.up();
    await back(10);
    await eventually("the news", 10, async () => Promise.resolve(survivor.state === "registered"));
    await etcd.put("/inaetics/x/after", "restart");
    await eventually("a change after it", 5, async () => Promise.resolve(survivor.entries.has("/inaetics/x/after")));
    await etcd.delete("/inaetics/x/after");
    survivor.well();
  });

  it("comes back after etcd halted for 20 s, and was dead for 20 s, and says so once", async () => {
    for (const stop of [true, false]) {
      const before = survivor.output.length;
      if (stop) etcd.signal("SIGSTOP");
      else await etcd.down();
      await sleep(20_000);
      survivor.well();
      expect(survivor.state).not.to.equal("registered");
      if (stop) etcd.signal("SIGCONT");
      else await etcd.up();
      await eventually("registered", 8, async () => Promise.resolve(survivor.state === "registered"));
      await back(2);
      await etcd.put("/inaetics/x/after", String(stop));
      await eventually("a change", 8, async () =>
        Promise.resolve(survivor.entries.get("/inaetics/x/after") === String(stop)),
      );
      const said = survivor.output.slice(before).match(/not registered/g) ?? [];
      expect(said.length).to.be.within(1, 6);
    }
    await etcd.delete("/inaetics/x/after");
  });

  it("survives a connection that breaks at any moment", async () => {
    const port = await freePort();
    const forwarder = new Forwarder(port, Number(new URL(etcd.endpoint).port));
    const other = Registrant.start(`https://127.0.0.1:${port}`, folder, { [beta]: "10.1.1.2:8080" });
    try {
      for (let round = 0; round < 60; round++) {
        await forwarder.open();
        await sleep((round * 37) % 230);
        await forwarder.close();
      }
      other.well();
      await forwarder.open();
      await eventually("its key", 10, async () => (await value(beta)) === "10.1.1.2:8080");
      await eventually("its watch", 10, async () => Promise.resolve(other.entries.has(beta)));
      other.well();
    } finally {
      await other.end("SIGTERM");
      await forwarder.close();
    }
  });

  it("reads anew when the changes that a watch missed are compacted away", async () => {
    const port = await freePort();
    const forwarder = new Forwarder(port, Number(new URL(etcd.endpoint).port));
    await forwarder.open();
    const seen: Entries[] = [];
    const discovery = new Discovery({ endpoints: [`https://127.0.0.1:${port}`], folder }, quiet);
    try {
      await etcd.put("/inaetics/x/gone", "1");
      const watch = discovery.watch("/inaetics/x/", (entries) => seen.push(entries));
      await eventually("the first read", 5, async () =>
        Promise.resolve(watch.entries?.get("/inaetics/x/gone") === "1"),
      );
      await sleep(500);
      await forwarder.close();
      await etcd.delete("/inaetics/x/gone");
      await etcd.put("/inaetics/x/new", "2");
      const revision = /"revision":(\d+)/.exec(await etcd.run("get", "/none", "--write-out=json"))?.[1] ?? "";
      await etcd.run("compact", revision);
      expect(watch.entries?.get("/inaetics/x/gone")).to.equal("1");
      await forwarder.open();
      await eventually("the state now", 8, async () =>
        Promise.resolve(JSON.stringify([...(watch.entries ?? [])]) === '[["/inaetics/x/new","2"]]'),
      );
      await etcd.delete("/inaetics/x/new");
      await eventually("a change after it", 5, async () => Promise.resolve(watch.entries?.size === 0));
      expect(seen.map((each) => each.size)).to.deep.equal([1, 1, 0]);
    } finally {
      await discovery.stop();
      await forwarder.close();
    }
  });

  it("waits for etcd and for usable certificates, and says what is wrong", async () => {
    const own = path.join(etcd.folder, "later");
    mkdirSync(own);
    const said: string[] = [];
    const hear = (text: string): void => void said.push(text);
    const discovery = new Discovery(
      { endpoints: [etcd.endpoint], folder: own },
      { info: hear, warn: hear, error: hear },
    );
    try {
      const registration = discovery.register({ [beta]: "10.1.1.2:8080" });
      await eventually("the first attempt", 5, async () => Promise.resolve(said.length > 0));
      expect(registration.unready()).to.match(/^not in discovery: .*(ca|cert|key)\.pem/);
      for (const file of readdirSync(folder)) copyFileSync(path.join(folder, file), path.join(own, file));
      await eventually("the key", 8, async () => (await value(beta)) === "10.1.1.2:8080");
      await eventually("readiness", 1, async () => Promise.resolve(registration.unready() === undefined));
      await etcd.down();
      await eventually("its loss", 10, async () => Promise.resolve(registration.missing !== undefined));
      expect(registration.unready()).to.equal(undefined);
      await etcd.up();
      await eventually("its return", 10, async () => Promise.resolve(registration.missing === undefined));
      expect(said.filter((text) => text.includes("registered")).length).to.be.within(4, 8);
    } finally {
      await discovery.stop();
    }
    expect(await value(beta)).to.equal("");
  });

  it("leads from an endpoint over its wire to an address", async () => {
    const discovery = connect();
    const wire = { zone: ZONE, node: "queue-1", id: "queue" };
    const endpoint = { id: "queue", interface: "org.example.Queue", properties: { stream: "S" }, wire };
    try {
      const registration = discovery.register({
        [endpointKey("queue-1")]: formatEndpoints({ framework: "queue-1", endpoints: [endpoint] }),
        [wireKey(wire)]: formatWire(natsWire("nats://queue:4222")),
      });
      await eventually("registered", 5, async () => Promise.resolve(registration.missing === undefined));
      const route = chooseRoute(routesTo(await discovery.read("/inaetics/"), "queue"), undefined);
      expect(route).to.deep.include({ framework: "queue-1", url: "nats://queue:4222" });
      expect(await discovery.services(AGENT_SERVICE)).to.deep.equal([{ id: "alpha", address: "10.1.1.1:8080" }]);
    } finally {
      await discovery.stop();
    }
  });

  it("has the queue agent's endpoints and wires, which outlive losses and end with it", async () => {
    const broker = await TestBroker.start();
    const discovery = connect();
    let agent: Service | undefined;
    try {
      await etcd.down();
      const access = { ETCD_ENDPOINTS: etcd.endpoint, DISCOVERY_DIR: folder };
      agent = await Service.start("queue-agent", {
        ...broker.environment,
        ...access,
        POD_NAME: "queue-1",
        QUEUE_REPLICAS: "1",
        NODE_OPTIONS: "--disable-warning=DEP0123",
      });
      const { status, text } = { status: agent.status.bind(agent), text: agent.text.bind(agent) };
      await eventually("waiting for etcd", 15, async () => (await text("/readyz")).includes("not in discovery"));
      await etcd.up();
      await eventually("readiness", 10, async () => (await status("/readyz")) === 200);
      for (const [id, stream] of [
        ["queue", "SAMPLES"],
        ["store", "RESULTS"],
        ["statistics", undefined],
      ] as const) {
        const route = routesTo(await discovery.read("/inaetics/"), id)[0];
        expect(route, id).to.deep.include({ framework: "queue-1", url: broker.url });
        expect(route?.endpoint.properties["stream"]).to.equal(stream);
      }
      await etcd.down();
      await sleep(8000);
      expect(await status("/readyz")).to.equal(200);
      await etcd.up();
      await etcd.run("del", "--prefix", "/inaetics/");
      await eventually(
        "its keys",
        10,
        async () => (await keys()).filter((key) => key.includes("queue-1")).length === 4,
      );
      expect(await agent.stop()).to.equal(0);
      expect((await keys()).filter((key) => key.includes("queue-1"))).to.deep.equal([]);
    } finally {
      await agent?.stop("SIGKILL");
      await discovery.stop();
      await broker.remove();
    }
  });

  it("lets the role read and write below /inaetics/ only", async () => {
    const discovery = connect();
    const refused = async (what: Promise<unknown>): Promise<string> =>
      what.then(
        () => "allowed",
        (error: unknown) => String(error),
      );
    for (const prefix of ["/registry/", "/", "", "/inaetics", "/coreos.com/network/"]) {
      expect(await refused(discovery.read(prefix)), prefix).to.match(/permission denied/);
    }
    const outside = discovery.register({ "/coreos.com/network/config": "mine" });
    await eventually("a refusal", 5, async () => Promise.resolve(/permission denied/.test(outside.missing ?? "")));
    expect(await value("/coreos.com/network/config")).to.equal("");
    await discovery.stop();
  });
});
