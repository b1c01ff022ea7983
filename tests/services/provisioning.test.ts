/**
 * A real provisioning process against a real broker: its answers to agents and people, and its refusals.
 * Does not prove: survival of data (provisioning-trouble.test.ts), the agents' side (their own tests), nor the real
 * TokenReview (tests/cluster).
 */
import { expect } from "chai";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import type { TargetView } from "@inaetics/model";
import { makeBundle } from "../support/bundles";
import {
  Agent,
  ask,
  cutShort,
  listen,
  password,
  Person,
  problem,
  Rig,
  user,
  type Answer,
} from "../support/provisioning";
import { eventually } from "../support/eventually";
import type { Service } from "../support/service";

const processor = "org.inaetics.demonstrator.processor";

describe("provisioning", function () {
  this.timeout(60_000);
  let rig: Rig;
  let service: Service;
  let person: Person;
  let felix: Agent;
  let celix: Agent;
  const target = async (id: string, who = person): Promise<TargetView> => {
    const found = (await who.targets()).find((each) => each.id === id);
    if (found === undefined) throw new Error(`there is no target ${id}`);
    return found;
  };

  before(async () => {
    rig = await Rig.start();
    service = await rig.run();
    person = new Person(service);
    felix = new Agent(service, "felix-1", "osgi");
    celix = new Agent(service, "celix-1", "celix");
  });
  // before() may have failed half-way
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition
  after(() => rig?.remove());

  it("starts with the bundles of the image and the default mapping", async () => {
    const artifacts = await person.artifacts();
    expect(artifacts.map(({ name }) => name))
      .to.have.length(7)
      .and.include(processor)
      .and.include("inaetics_common");
    expect(artifacts.find(({ name }) => name === processor)).to.deep.include({
      version: "1.0.0",
      platform: "osgi",
      usedBy: ["felix-processor"],
    });
    const groups = await person.groups();
    expect(groups.map(({ name }) => name))
      .to.include("inaetics-producer-celix")
      .and.have.length(6);
    expect((await ask(service.url)).text).to.include("<html");
  });

  it("registers an agent at its first visit and sends it its signed bundles", async () => {
    expect(await felix.versions()).to.deep.equal(["1.0.0"]);
    const { status, headers, bytes } = await felix.package("1.0.0");
    expect(status).to.equal(200);
    expect(headers.get("content-type")).to.equal("application/vnd.osgi.dp");
    expect(headers.get("etag")).to.equal(`"${createHash("sha256").update(bytes).digest("hex")}"`);
    const file = path.join(rig.folder, "felix.dp");
    fs.writeFileSync(file, bytes);
    const { stdout } = await promisify(execFile)("jarsigner", ["-verify", "-verbose", "-certs", file]);
    expect(stdout).to.include("jar verified").and.include("CN=inaetics-provisioning");
    for (const name of ["api", "broker", "processor"]) {
      expect(stdout).to.include(`bundles/org.inaetics.demonstrator.${name}-1.0.0.jar`);
    }
    expect(await target("felix-1")).to.deep.include({ group: "inaetics-processor", approved: true, state: "updating" });
    expect(await felix.versions("1.0.0")).to.deep.equal(["1.0.0"]);
    await eventually("it is current", 5, async () => (await target("felix-1")).state === "current");
    expect(await celix.versions()).to.deep.equal(["1.0.0"]);
    expect((await celix.package("1.0.0")).text).to.include("bundles/inaetics_processor-1.0.0.zip");
  });

  it("supports ETags and byte ranges of a package", async () => {
    const versions = await felix.ask("/deployment/felix-1/versions");
    const etag = versions.headers.get("etag") ?? "";
    expect((await felix.ask("/deployment/felix-1/versions", { "if-none-match": etag })).status).to.equal(304);
    const whole = await felix.package("1.0.0");
    const tag = whole.headers.get("etag") ?? "";
    const head = await felix.package("1.0.0", {}, "HEAD");
    expect([head.status, head.bytes.length, head.headers.get("content-length")]).to.deep.equal([
      200,
      0,
      String(whole.bytes.length),
    ]);
    const part = await felix.package("1.0.0", { range: "bytes=100-199", "if-range": tag });
    expect(part.status).to.equal(206);
    expect(part.headers.get("content-range")).to.equal(`bytes 100-199/${whole.bytes.length}`);
    expect(part.bytes.equals(whole.bytes.subarray(100, 200))).to.equal(true);
    const rest = await felix.package("1.0.0", { range: "bytes=100-" });
    expect(rest.bytes.equals(whole.bytes.subarray(100))).to.equal(true);
    expect((await felix.package("1.0.0", { range: "bytes=100-", "if-range": `"other"` })).status).to.equal(200);
    expect((await felix.package("1.0.0", { "if-none-match": tag })).status).to.equal(304);
    problem(await felix.package("1.0.0", { range: `bytes=${whole.bytes.length}-` }), 416);
  });

  it("refuses agents without a valid token, with another's token, or of the other platform", async () => {
    problem(await ask(`${service.url}/deployment/felix-1/versions`), 401);
    problem(await new Agent(service, "felix-1", "osgi", "rubbish").ask("/deployment/felix-1/versions"), 401);
    problem(await celix.ask("/deployment/felix-1/versions"), 403);
    problem(await celix.ask("/deployment/felix-1/versions/1.0.0"), 403);
    problem(await celix.report("b", [], "felix-1"), 403);
    problem(await felix.package("9.0.0"), 404);
    problem(await felix.package("../x"), 404);
    const mixed = await new Agent(service, "felix-1", "celix").ask("/deployment/felix-1/versions");
    expect(problem(mixed, 409)).to.match(/osgi.*celix/);
    problem(await felix.ask("/deployment/felix-1/versions", { "x-inaetics-platform": "x" }), 400);
  });

  it("asks the API server once for many requests, and serves known agents without it", async () => {
    const before = rig.api.asked;
    for (let count = 0; count < 20; count++) await felix.versions("1.0.0");
    expect(rig.api.asked - before).to.be.at.most(1);
    rig.api.down();
    expect(await felix.versions("1.0.0")).to.deep.equal(["1.0.0"]);
    const unknown = await new Agent(service, "felix-2", "osgi").ask("/deployment/felix-2/versions");
    problem(unknown, 503);
    expect(unknown.headers.get("retry-after")).to.equal("2");
    await rig.api.up();
  });

  it("sends agents of an unknown group nothing until they are approved", async () => {
    const stranger = new Agent(service, "new-1", "celix");
    expect(await stranger.versions()).to.deep.equal([]);
    expect(await target("new-1")).to.deep.include({ group: "strangers", state: "waiting", wanted: null });
    expect((await person.ask("PUT", "/groups/strangers/distributions/celix-producer")).status).to.equal(200);
    expect(await stranger.versions()).to.deep.equal([]);
    expect((await person.ask("POST", "/targets/new-1/approve")).status).to.equal(200);
    expect(await stranger.versions()).to.deep.equal(["1.0.0"]);
    const mixed = await person.ask("PUT", "/targets/new-1/distributions/felix-producer");
    expect(problem(mixed, 409)).to.include("an agent runs bundles of its own kind only");
  });

  it("assigns a new version to the agents whose features use it, and to no others", async () => {
    const upload = makeBundle(processor, "1.1.0", {}, { "new.txt": "new" });
    const answer = await person.ask("POST", "/artifacts", upload);
    expect(answer.status, answer.text).to.equal(201);
    expect(JSON.parse(answer.text)).to.deep.include({ name: processor, version: "1.1.0", usedBy: ["felix-processor"] });
    expect((await target("felix-1")).wanted?.version).to.equal("2.0.0");
    expect((await target("celix-1")).wanted?.version).to.equal("1.0.0");
    expect(await felix.versions("1.0.0")).to.deep.equal(["1.0.0", "2.0.0"]);
    expect(await celix.versions("1.0.0")).to.deep.equal(["1.0.0"]);
    expect((await felix.package("2.0.0")).text).to.include(`bundles/${processor}-1.1.0.jar`);
    expect((await person.ask("POST", "/artifacts", upload)).status).to.equal(200);
    expect((await person.ask("GET", `/artifacts/${processor}/1.1.0`)).bytes.equals(upload)).to.equal(true);
    const other = makeBundle(processor, "1.1.0", {}, { "new.txt": "other" });
    expect(problem(await person.ask("POST", "/artifacts", other), 409)).to.include("raise Bundle-Version");
    // A return to the previous content is a new version, too.
    const pin = await person.ask("PUT", `/features/felix-processor/artifacts/${processor}`, { version: "1.0.0" });
    expect(pin.status).to.equal(200);
    expect(await felix.versions("2.0.0")).to.deep.equal(["1.0.0", "2.0.0", "3.0.0"]);
    problem(await person.ask("DELETE", `/artifacts/${processor}/1.0.0`), 409);
  });

  it("changes nothing when it refuses a request", async () => {
    const before = await person.mapping();
    problem(await person.ask("POST", "/artifacts", Buffer.from("rubbish")), 400);
    problem(await person.ask("POST", "/artifacts", makeBundle("x", "1.0.0").subarray(0, 150)), 400);
    problem(await person.ask("PUT", "/distributions/felix-processor/features/celix-processor"), 409);
    problem(await person.ask("PUT", "/distributions/felix-processor/features/nope"), 404);
    problem(await person.ask("PUT", "/groups/inaetics-processor/distributions/celix-processor"), 409);
    problem(await person.ask("PUT", "/features/a%20b", { artifacts: [] }), 400);
    problem(await person.ask("PUT", "/features/new", { artifacts: "all" }), 400);
    problem(await person.ask("DELETE", "/features/felix-common"), 409);
    problem(await person.ask("DELETE", "/groups/inaetics-processor"), 409);
    problem(await person.ask("DELETE", "/targets/felix-1"), 409);
    problem(await person.ask("GET", "/nothing"), 404);
    problem(await person.ask("GET", "/audit?limit=x"), 400);
    problem(await ask(`${service.url}/client/features/new`, { method: "PUT", body: "{}" }), 401);
    problem(await ask(`${service.url}/nothing`), 404);
    await cutShort(service.port);
    expect(await person.mapping()).to.equal(before);
  });

  it("stores each event of an agent once, and shows it", async () => {
    const events = await listen(service);
    const event = (id: number, type: string): object => ({ id, time: 1000 + id, type, version: "3.0.0" });
    const failed = { ...event(2, "bundle-failed"), message: "no such class" };
    expect((await felix.report("boot-1", [event(1, "download-started"), failed])).status).to.equal(204);
    expect((await felix.report("boot-1", [event(1, "download-started"), failed])).status).to.equal(204);
    expect((await felix.report("boot-2", [event(1, "agent-started")])).status).to.equal(204);
    problem(await felix.report("b", [{ id: 1, time: 1, type: "nonsense" }]), 400);
    const listed = await eventually("three events", 5, async () => {
      const { events: found } = await person.audit("target=felix-1");
      return found.length === 3 && found;
    });
    expect(listed.map(({ type }) => type)).to.deep.equal(["download-started", "bundle-failed", "agent-started"]);
    expect(await target("felix-1")).to.deep.include({
      state: "failed",
      failed: { version: "3.0.0", reason: "no such class" },
    });
    const page = await person.audit("after=0&limit=2");
    expect(page.events.map(({ seq }) => seq)).to.deep.equal([1, 2]);
    expect((await person.audit(`after=${page.next}`)).events).to.have.length(1);
    await eventually(
      "the events on the stream",
      5,
      async () => /event: model/.test(events()) && /id: 3/.test(events()),
    );
    const missed = await listen(service, "2");
    await eventually("the missed one", 5, async () => /id: 3/.test(missed()) && !/id: 2/.test(missed()));
  });

  it("exposes metrics, and keeps its memory small", async () => {
    const uploads = Array.from({ length: 4 }, (_, index) =>
      person.ask("POST", "/artifacts", makeBundle("large", `${index}.0.0`, {}, { "x.bin": "x".repeat(20_000_000) })),
    );
    for (const { status } of await Promise.all(uploads)) expect(status).to.be.oneOf([201, 503]);
    problem(await person.ask("POST", "/artifacts", Buffer.alloc(33 * 1024 * 1024)), 413);
    const metrics = await service.text("/metrics");
    expect(metrics).to.match(/^inaetics_provisioning_artifacts \d+$/m);
    expect(metrics).to.match(/^inaetics_provisioning_targets\{state="failed"\} \d$/m);
    expect(metrics).to.match(/^inaetics_provisioning_deployments_served_total [1-9]/m);
    expect(metrics).to.match(/^inaetics_provisioning_audit_events_total 3$/m);
    expect(service.memory()).to.be.below(150);
  });

  it("finds events older than those in memory", async () => {
    const events = Array.from({ length: 100 }, (_, id) => ({ id, time: 1, type: "bundle-started" }));
    for (let boot = 0; boot < 25; boot++) expect((await celix.report(`many-${boot}`, events)).status).to.equal(204);
    await eventually("all of them", 10, async () => /_audit_events_total 2503$/m.test(await service.text("/metrics")));
    const list = async (query: string): Promise<readonly number[]> =>
      (await person.audit(query)).events.map(({ seq }) => seq);
    expect(await list("target=felix-1")).to.deep.equal([1, 2, 3]);
    expect(await list("target=felix-1&after=1")).to.deep.equal([2, 3]);
    expect(await list("target=nobody&after=0")).to.deep.equal([]);
    expect(await list("after=1&limit=3")).to.deep.equal([2, 3, 4]);
    expect((await list("limit=5")).at(-1)).to.equal(2503);
  });

  it("knows an agent's version from its report, before its next visit", async () => {
    const said = (id: number, type: string, version: string): object => ({ id, time: 5000 + id, type, version });
    const running = async (): Promise<unknown> => (await target("celix-1")).current;
    await celix.report("running", [said(1, "deployment-installed", "7.0.0")]);
    expect(await running()).to.deep.equal({ version: "7.0.0", since: 5001 });
    await celix.report("running", [said(2, "deployment-failed", "8.0.0"), said(3, "rolled-back", "7.0.0")]);
    expect(await running()).to.deep.equal({ version: "7.0.0", since: 5001 });
    await celix.report("running", [said(4, "deployment-installed", "9.0.0")]);
    expect(await running()).to.deep.equal({ version: "9.0.0", since: 5004 });
  });

  it("has a login for pages: sessions need their token for changes, and attempts are limited", async () => {
    const open = (words: string): Promise<Response> =>
      fetch(`${service.url}/client/session`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ user, password: words }),
      });
    const session = await open(password);
    const { csrfToken } = (await session.json()) as { csrfToken: string };
    const cookie = session.headers.get("set-cookie")?.split(";")[0] ?? "";
    const change = (headers: Record<string, string>): Promise<Answer> =>
      ask(`${service.url}/client/groups/strangers/distributions/celix-producer`, { method: "DELETE", headers });
    expect(problem(await change({ cookie }), 403)).to.include("X-CSRF-Token");
    expect((await change({ cookie, "x-csrf-token": csrfToken })).status).to.equal(204);
    for (let tries = 0; tries < 5; tries++) expect((await open("wrong")).status).to.equal(401);
    const late = await open(password);
    expect([late.status, Number(late.headers.get("retry-after")) > 0]).to.deep.equal([429, true]);
    expect((await ask(`${service.url}/client/groups`, { headers: { cookie } })).status).to.equal(200);
  });

  it("stops cleanly, and reports all problems of its environment", async () => {
    expect(await service.stop()).to.equal(0);
    expect(fs.readdirSync(rig.folder).filter((name) => name.startsWith("provisioning-"))).to.have.length.below(4);
    const wrong = await rig.run({ SESSION_KEY: "", QUEUE_REPLICAS: "9" }).catch(String);
    expect(wrong).to.include("SESSION_KEY: not set").and.include(`QUEUE_REPLICAS: got "9"`);
    expect(await rig.run({ SIGNER_DIR: "/nonexistent" }).catch(String)).to.include("SIGNER_DIR: the key pair");
  });
});
