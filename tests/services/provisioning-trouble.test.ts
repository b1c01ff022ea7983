/**
 * Data that provisioning keeps when it, a broker or etcd goes down, and two of its processes at once.
 * Does not prove: that agents work on meanwhile (tests/cluster).
 */
import { expect } from "chai";
import * as fs from "node:fs";
import * as path from "node:path";
import type { TargetView } from "@inaetics/model";
import { makeBundle } from "../support/bundles";
import { Etcd } from "../support/etcd";
import { Agent, celixBundle, Person, problem, Rig } from "../support/provisioning";
import { eventually } from "../support/eventually";
import type { Service } from "../support/service";

describe("provisioning with failures", function () {
  this.timeout(60_000);
  let rig: Rig;
  let service: Service;
  let person: Person;
  let felix: Agent;
  let celix: Agent;
  const use = (running: Service): void => {
    service = running;
    person = new Person(service);
    felix = new Agent(service, "felix-1", "osgi");
    celix = new Agent(service, "celix-1", "celix");
  };
  const target = async (id: string): Promise<TargetView | undefined> =>
    (await person.targets()).find((each) => each.id === id);

  before(async () => {
    rig = await Rig.start();
    use(await rig.run());
    await felix.versions();
    await celix.versions();
    const upload = makeBundle("org.inaetics.demonstrator.processor", "1.1.0");
    expect((await person.ask("POST", "/artifacts", upload)).status).to.equal(201);
    const failed = { id: 1, time: 1, type: "bundle-failed", version: "2.0.0", message: "no such class" };
    expect((await felix.report("boot-1", [failed])).status).to.equal(204);
    await eventually("the event", 5, async () => (await person.audit()).events.length === 1);
  });
  // before() may have failed half-way
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
  after(() => rig?.remove());

  it("keeps its data when it is killed, and adds the bundles of a new image", async () => {
    const mapping = await person.mapping();
    const { events } = await person.audit("after=0");
    const whole = await felix.package("2.0.0");
    await service.stop("SIGKILL");
    use(await rig.run());
    expect(await person.mapping()).to.equal(mapping);
    expect((await person.audit("after=0")).events).to.deep.equal(events);
    expect(await felix.versions("1.0.0")).to.deep.equal(["1.0.0", "2.0.0"]);
    expect((await felix.package("2.0.0")).bytes.equals(whole.bytes)).to.equal(true);
    expect((await target("felix-1"))?.failed?.reason).to.equal("no such class");
    await service.stop();
    rig.ship("celix", celixBundle("processor", "1.0.0", "rebuilt"), "processor.zip");
    rig.ship("osgi", makeBundle("org.inaetics.demonstrator.api", "1.5.0"), "api.jar");
    use(await rig.run());
    expect(await celix.versions("1.0.0")).to.deep.equal(["1.0.0", "2.0.0"]);
    expect((await celix.package("2.0.0")).text).to.include("rebuilt");
    expect((await felix.versions("2.0.0")).at(-1)).to.equal("3.0.0");
  });

  it("runs in two processes that agree", async () => {
    const second = await rig.run({ POD_NAME: "provisioning-2" });
    const other = new Person(second);
    const names = Array.from({ length: 20 }, (_, index) => `feature-${index}`);
    const answers = names.map((name, index) =>
      (index % 2 === 0 ? person : other).ask("PUT", `/features/${name}`, { artifacts: [] }),
    );
    for (const { status } of await Promise.all(answers)) expect(status).to.equal(200);
    for (const who of [person, other]) {
      await eventually("all features at both", 5, async () => {
        const found = (await who.features()).map(({ name }) => name);
        return names.every((name) => found.includes(name));
      });
    }
    await new Agent(second, "felix-2", "osgi").versions();
    const [one, two] = await Promise.all([
      felix.package("3.0.0"),
      new Agent(second, "felix-1", "osgi").package("3.0.0"),
    ]);
    expect(one.bytes.equals(two.bytes)).to.equal(true);
    await eventually("both know", 5, async () => (await target("felix-2"))?.wanted?.version === "3.0.0");
    const upload = makeBundle("org.inaetics.demonstrator.api", "2.0.0");
    const both = await Promise.all([person, other].map((who) => who.ask("POST", "/artifacts", upload)));
    expect(both.map(({ status }) => status).sort()).to.deep.equal([200, 201]);
    for (const agent of [felix, new Agent(second, "felix-1", "osgi"), new Agent(second, "felix-2", "osgi")]) {
      await eventually("4.0.0", 5, async () => (await agent.versions()).at(-1) === "4.0.0");
    }
    // Both processes know felix-2, which polled only the second one.
    await second.stop();
    expect((await target("felix-2"))?.state).to.equal("updating");
  });

  it("answers 503 while the broker is down, and recovers without a restart", async () => {
    await rig.broker.down("SIGKILL");
    expect(await felix.versions("3.0.0")).to.include("4.0.0");
    const change = await person.ask("PUT", "/features/later", { artifacts: [] });
    problem(change, 503);
    expect(change.headers.get("retry-after")).to.equal("2");
    expect(await service.status("/healthz")).to.equal(200);
    await rig.broker.up();
    await eventually(
      "a change",
      20,
      async () => (await person.ask("PUT", "/features/later", { artifacts: [] })).status === 200,
    );
    expect((await felix.report("boot-3", [{ id: 1, time: 5, type: "agent-stopped" }])).status).to.equal(204);
    await eventually("the event", 20, async () => {
      const { events } = await person.audit();
      return events.at(-1)?.type === "agent-stopped";
    });
  });

  it("is registered in discovery while it serves, and not after it stopped", async () => {
    const etcd = await Etcd.start();
    const folder = fs.mkdtempSync(path.join(rig.folder, "discovery-"));
    const files = {
      "ca.pem": etcd.authority.certificate,
      "cert.pem": etcd.client.certificate,
      "key.pem": etcd.client.key,
    };
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
    try {
      const second = await rig.run({
        POD_NAME: "provisioning-3",
        ETCD_ENDPOINTS: etcd.endpoint,
        DISCOVERY_DIR: folder,
      });
      const key = "/inaetics/node-provisioning-service/provisioning-3";
      expect((await etcd.get(key)).trim()).to.equal(`127.0.0.1:${second.port}`);
      expect(await second.stop()).to.equal(0);
      expect((await etcd.get(key)).trim()).to.equal("");
    } finally {
      etcd.stop();
    }
  });

  it("starts again after the broker lost its data, with versions above those that agents run", async () => {
    await service.stop();
    await rig.broker.remove();
    await rig.renewBroker();
    use(await rig.run());
    expect(await felix.versions("4.0.0")).to.deep.equal(["5.0.0"]);
  });
});

describe("provisioning with three brokers", function () {
  this.timeout(120_000);

  it("continues after any of them is killed: no change is lost, and failures are temporary", async () => {
    const rig = await Rig.start(3);
    try {
      const service = await rig.run({ QUEUE_REPLICAS: "3" });
      const person = new Person(service);
      const agent = new Agent(service, "felix-1", "osgi");
      expect(await agent.versions()).to.deep.equal(["1.0.0"]);
      for (const index of [0, 1, 2]) {
        await rig.broker.down("SIGKILL", index);
        const answers = new Set<number>();
        await eventually(`a change without broker ${index}`, 30, async () => {
          const { status } = await person.ask("PUT", `/features/without-${index}`, { artifacts: [] });
          answers.add(status);
          return status === 200;
        });
        expect(
          [...answers].every((status) => [200, 503].includes(status)),
          [...answers].join(),
        ).to.equal(true);
        await eventually("an event kept", 30, async () => {
          const event = { id: index, time: 1, type: "agent-started" };
          return (await agent.report("boot-1", [event])).status === 204;
        });
        await eventually("the event shown", 30, async () => {
          return (await person.audit()).events.length === index + 1;
        });
        await rig.broker.up();
      }
      const features = (await person.features()).map(({ name }) => name);
      expect(features).to.include.members(["without-0", "without-1", "without-2"]);
      expect(await service.status("/healthz")).to.equal(200);
    } finally {
      await rig.remove();
    }
  });
});
