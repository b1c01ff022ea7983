/**
 * Discovery on a real etcd with the roles that the boxes' own script gives: leases, the queue agent's endpoints, and the
 * role's limits. Does not prove: survival of etcd's losses (discovery-losses.test.ts), the agents' own clients in Java
 * and C, nor the pods' certificates (tests/cluster).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import {
  AGENT_SERVICE,
  chooseRoute,
  endpointKey,
  formatEndpoints,
  formatWire,
  natsWire,
  routesTo,
  wireKey,
  ZONE,
} from "@inaetics/discovery";
import { TestBroker } from "../support/broker";
import { eventually } from "../support/eventually";
import { Service } from "../support/service";
import { alpha, beta, EtcdScene } from "./etcdscene";
import { Registrant } from "./registrants";

describe("discovery on a real etcd", function () {
  this.timeout(90_000);
  let scene: EtcdScene;

  before(async () => (scene = await EtcdScene.set()));
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way
  after(() => scene?.strike());

  it("removes the key of a process that was killed within its lease, and no other", async () => {
    await scene.back(10);
    const other = Registrant.start(scene.etcd.endpoint, scene.folder, { [beta]: "10.1.1.2:8080" });
    await eventually("both keys", 10, async () => (await scene.keys()).length === 2);
    // Longer than a lease: it was kept alive.
    await sleep(17_000);
    expect(await scene.keys()).to.deep.equal([alpha, beta]);
    await other.end("SIGKILL");
    await eventually("beta's end", 17, async () => (await scene.keys()).join() === alpha);
    scene.survivor.well();
    expect([...scene.survivor.entries.keys()]).to.deep.equal([alpha]);
  });

  it("removes the keys at once of a process that ends in an orderly way", async () => {
    const other = Registrant.start(scene.etcd.endpoint, scene.folder, {
      [beta]: "10.1.1.2:8080",
      "/inaetics/x/beta": "y",
    });
    await eventually("its keys", 10, async () => (await scene.keys()).length === 3);
    await other.end("SIGTERM");
    expect(await scene.keys()).to.deep.equal([alpha]);
    expect(other.errors).to.equal("");
  });

  it("puts back what was purged or changed, and after its lease was revoked, within 6 s", async () => {
    await scene.etcd.run("del", "--prefix", "/inaetics/");
    expect(await scene.back(6)).to.be.below(6000);
    await scene.etcd.put(alpha, "9.9.9.9:1");
    expect(await scene.back(6)).to.be.below(6000);
    const lease = /"lease":(\d+)/.exec(await scene.etcd.run("get", alpha, "--write-out=json"))?.[1] ?? "";
    await scene.etcd.run("lease", "revoke", BigInt(lease).toString(16));
    expect(await scene.value(alpha)).to.equal("");
    expect(await scene.back(6)).to.be.below(6000);
  });

  it("leads from an endpoint over its wire to an address", async () => {
    const discovery = scene.connect();
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
    const discovery = scene.connect();
    let agent: Service | undefined;
    try {
      await scene.etcd.down();
      const access = { ETCD_ENDPOINTS: scene.etcd.endpoint, DISCOVERY_DIR: scene.folder };
      agent = await Service.start("queue-agent", {
        ...broker.environment,
        ...access,
        POD_NAME: "queue-1",
        QUEUE_REPLICAS: "1",
        NODE_OPTIONS: "--disable-warning=DEP0123",
      });
      const { status, text } = { status: agent.status.bind(agent), text: agent.text.bind(agent) };
      await eventually("waiting for etcd", 15, async () => (await text("/readyz")).includes("not in discovery"));
      await scene.etcd.up();
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
      await scene.etcd.down();
      await sleep(8000);
      expect(await status("/readyz")).to.equal(200);
      await scene.etcd.up();
      await scene.etcd.run("del", "--prefix", "/inaetics/");
      await eventually(
        "its keys",
        10,
        async () => (await scene.keys()).filter((key) => key.includes("queue-1")).length === 4,
      );
      expect(await agent.stop()).to.equal(0);
      expect((await scene.keys()).filter((key) => key.includes("queue-1"))).to.deep.equal([]);
    } finally {
      await agent?.stop("SIGKILL");
      await discovery.stop();
      await broker.remove();
    }
  });

  it("lets the role read and write below /inaetics/ only", async () => {
    const discovery = scene.connect();
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
    expect(await scene.value("/coreos.com/network/config")).to.equal("");
    await discovery.stop();
  });
});
