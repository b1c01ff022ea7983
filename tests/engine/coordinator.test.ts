/**
 * Real viewers that scale: with a real API server (whose controller manager makes the pods), a real broker and queue agent, and a
 * stand-in for the queue's figures. The service account has exactly the rights that the coordinator needs.
 * Does not prove: that pods get ready in time (tests/cluster), nor how good the policy is (bench/autoscaling).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterEvent, StoredEvent } from "../../packages/samples/index";
import { freePort, TestBroker } from "./broker";
import { Coordinated, FakeQueue } from "./coordination";
import { sharedServer } from "./kubernetes";
import type { ApiServer } from "./apiserver";
import { eventually, Service } from "./service";

const login = { DASHBOARD_USER: "admin", DASHBOARD_PASSWORD: "swordfish", SESSION_KEY: "k".repeat(32) };
const basic = { authorization: `Basic ${Buffer.from("admin:swordfish").toString("base64")}` };
/** Short, so that the tests are: looks each 2 s, down after 4 s. */
const quick = {
  policy: "slope",
  intervalSeconds: 2,
  cooldownSeconds: 0,
  stabilisationSeconds: 4,
  max: 4,
  fallbackAfter: 3,
};

interface Stats {
  readonly mode: { readonly mode: string } | null;
  readonly policy: { readonly policy: string; readonly max: number } | null;
  readonly lastDecision: { readonly rule: string; readonly processors: number; readonly at: number } | null;
  readonly leader: string;
  readonly ratePercent: number | null;
}

describe("coordinator", function () {
  this.timeout(120_000);
  let folder: string;
  let server: ApiServer;
  let cluster: Coordinated;
  let broker: TestBroker;
  let agent: Service;
  let queue: FakeQueue;
  let one: Service;
  let other: Service | undefined;
  let environment: Record<string, string>;

  const start = (pod: string): Promise<Service> => Service.start("datastore-viewer", { ...environment, POD_NAME: pod });
  const stats = (viewer = one): Promise<Stats> => viewer.json<Stats>("/coordinator/systemStats");
  const events = async (after = 0, viewer = one): Promise<readonly StoredEvent[]> =>
    (await viewer.json<{ events: StoredEvent[] }>(`/coordinator/events?after=${after}&limit=1000`)).events;
  const newest = async (viewer = one): Promise<number> => (await events(0, viewer)).at(-1)?.id ?? 0;
  const found = (
    what: string,
    seconds: number,
    after: number,
    is: (event: StoredEvent) => boolean,
  ): Promise<StoredEvent> => eventually(what, seconds, async () => (await events(after)).find(is));
  const send = (method: string, address: string, body?: unknown, headers: Record<string, string> = basic) =>
    fetch(`${one.url}${address}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? null : JSON.stringify(body),
    });
  const processors = (felix: number, celix: number, seconds = 20): Promise<unknown> =>
    eventually(`${felix} Felix and ${celix} Celix processors`, seconds, async () => {
      const [f, c] = await cluster.processors();
      return f === felix && c === celix;
    });
  const load = (utilisation: number, slope: number, putRate: number): void => {
    Object.assign(queue, { utilisation, slope, putRate });
  };

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), "inaetics-coordinator-"));
    ({ server } = await sharedServer());
    cluster = await Coordinated.make(server, folder);
    await cluster.configure(JSON.stringify(quick));
    broker = await TestBroker.start();
    queue = new FakeQueue(await freePort());
    await queue.up();
    agent = await Service.start("queue-agent", { ...broker.environment, POD_NAME: "queue-1", QUEUE_REPLICAS: "1" });
    await eventually("streams", 30, async () => (await agent.status("/readyz")) === 200);
    environment = { ...broker.environment, ...cluster.environment, ...login, QUEUE_METRICS_URL: queue.url };
    one = await start("viewer-1");
  });
  /* eslint-disable @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way */
  after(async () => {
    await server?.comeBack();
    await one?.stop("SIGKILL");
    await other?.stop("SIGKILL");
    await agent?.stop("SIGKILL");
    queue?.down();
    await broker?.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  /* eslint-enable @typescript-eslint/no-unnecessary-condition */

  it("takes the lease, reads the policy and says why it leaves things as they are", async () => {
    const led = await found("an event of the leader", 20, 0, ({ kind }) => kind === "leader");
    expect(led).to.include({ by: "viewer-1", source: "coordinator", reason: "viewer-1 coordinates now: nobody did" });
    const held = await found("a first decision", 20, 0, ({ kind }) => kind === "held");
    expect(held).to.deep.include({ from: { felix: 1, celix: 0 }, to: { felix: 1, celix: 0 } });
    expect(held.metric).to.deep.equal({ fill: 0, slope: 0, putRate: 10, takeRate: 10, depth: 0 });
    const now = await eventually("the mode", 5, async () => {
      const known = await stats();
      return known.mode !== null && known.ratePercent !== null && known;
    });
    expect(now).to.deep.include({ mode: { mode: "auto" }, leader: "viewer-1", ratePercent: 5 });
    expect((await stats()).policy).to.include({ policy: "slope", max: 4, intervalSeconds: 2 });
    expect(await cluster.leader()).to.equal("viewer-1");
  });

  it("adds processors under load, by turns of both kinds, and removes them after it", async () => {
    const before = await newest();
    const began = Date.now();
    load(40, 1, 900);
    await processors(1, 1, 10);
    console.log(`      first action after ${Date.now() - began} ms`);
    await processors(2, 2);
    await eventually("the most", 20, async () => (await stats()).lastDecision?.rule === "at-maximum");
    load(0, 0, 10);
    await processors(1, 0, 60);
    const scaled = (await events(before)).filter(({ kind }) => kind === "scaled");
    const totals = scaled.map(({ to }) => (to?.felix ?? 0) + (to?.celix ?? 0));
    expect(
      scaled.every(({ outcome, rule, metric }) => outcome === "done" && rule !== undefined && metric !== undefined),
    ).to.equal(true);
    for (const { to } of scaled) expect((to?.felix ?? 0) - (to?.celix ?? 0)).to.be.within(0, 1);
    const top = totals.indexOf(4);
    const turns = [...totals.slice(0, top + 1), ...totals.slice(top).map((each) => 8 - each)];
    expect(turns, "one direction change").to.deep.equal([...turns].sort((a, b) => a - b));
    const told = await eventually("Kubernetes Events", 5, async () => {
      const texts = await cluster.told();
      return texts.length >= scaled.length && texts;
    });
    expect(
      told.some((each) => /^ScaledUp: 0 => 1: 1 => 2: queue 40 % full/.test(each)),
      told.join("\n"),
    ).to.equal(true);
    expect(await one.text("/metrics")).to.match(
      /^inaetics_scaling_decisions_total\{policy="slope",action="up"\} [1-9]/m,
    );
  });

  it("takes another policy without a restart, and keeps the last good one when it is no policy", async () => {
    const before = await newest();
    await cluster.configure(JSON.stringify({ ...quick, min: 2 }));
    await processors(1, 1);
    const changed = await found("the change", 10, before, ({ kind }) => kind === "mode");
    expect(changed.reason).to.equal("the policy changed: min: 1 => 2");
    for (const wrong of ["{", JSON.stringify({ policy: "magic", min: 7 })]) await cluster.configure(wrong);
    const kept = await found("the refusal", 10, before, ({ rule }) => rule === "policy-unreadable");
    expect(kept.reason).to.match(/magic.*allowed.*slope, drain.*last good one/);
    expect((await stats()).policy).to.include({ policy: "slope", min: 2 });
    await sleep(4000);
    expect(await cluster.processors()).to.deep.equal([1, 1]);
    await cluster.configure(JSON.stringify(quick));
    await processors(1, 0);
  });

  it("changes nothing for as long as the figures cannot be read, says so, and recovers", async () => {
    await cluster.configure(JSON.stringify({ ...quick, min: 1 }));
    load(40, 0.4, 600);
    await eventually("some processors", 20, async () => (await cluster.processors())[1] > 0);
    await eventually("steady", 20, async () => (await stats()).lastDecision?.rule === "at-maximum");
    const [replicas, before] = [await cluster.processors(), await newest()];
    const began = Date.now();
    for (const trouble of ["error", "garbage", "nonsense", "slow", "endless", "closed"] as const) {
      queue.trouble = trouble;
      const asked = queue.asked;
      await eventually(`looks in vain (${trouble})`, 20, async () => queue.asked >= asked + 3);
      expect(await cluster.processors(), trouble).to.deep.equal(replicas);
    }
    expect(Date.now() - began).to.be.above(30_000);
    const held = (await events(before)).map(({ kind, rule }) => `${kind} ${rule ?? ""}`);
    expect(held).to.deep.equal(["held unreadable", "held fallback"]);
    queue.trouble = undefined;
    await found("the recovery", 10, before, ({ kind }) => kind === "recovered");
    expect(await cluster.processors()).to.deep.equal(replicas);
  });

  it("lets another instance act when the leader is killed, which knows what was before", async () => {
    await send("PUT", "/coordinator/producers", { count: 3 });
    await send("POST", "/coordinator/utilisation", { value: 45 });
    other = await start("viewer-2");
    const second = other;
    await eventually("the same events", 10, async () => (await newest(second)) === (await newest()));
    expect((await stats(second)).leader).to.equal("viewer-1");
    const before = await events();
    const processorsBefore = await cluster.processors();
    await one.stop("SIGKILL");
    const killed = Date.now();
    load(0, 0, 10);
    const isActing = async (): Promise<StoredEvent | undefined> =>
      (await events(before.at(-1)?.id, second)).find(({ by, rule }) => by === "viewer-2" && rule !== undefined);
    const first = await eventually("another one acts", 15, isActing);
    console.log(`      viewer-2 decided ${Date.now() - killed} ms after the kill: ${first.rule ?? ""}`);
    const after = await events(0, second);
    expect(after.slice(0, before.length)).to.deep.equal(before);
    expect(after.map(({ id }) => id)).to.deep.equal(after.map((_, index) => index + 1));
    expect(after.find(({ kind, by }) => kind === "leader" && by === "viewer-2")?.reason).to.match(/viewer-1 does not/);
    const { producers, celixProducers } = await cluster.replicas();
    expect([producers.requested, celixProducers.requested]).to.deep.equal([3, 0]);
    expect((await stats(second)).ratePercent).to.equal(45);
    expect(processorsBefore).to.deep.equal([2, 2]);
    await processors(1, 0, 40);
  });

  it("gives the lease back when it is stopped in order", async () => {
    const second = other;
    one = await start("viewer-3");
    await eventually("the leader known", 10, async () => (await stats()).leader === "viewer-2");
    const began = Date.now();
    expect(await second?.stop()).to.equal(0);
    await eventually("the successor", 6, async () => (await cluster.leader()) === "viewer-3");
    console.log(`      viewer-3 holds the lease ${Date.now() - began} ms after the stop of viewer-2`);
  });

  it("goes on after the API server was away, and leads nobody meanwhile", async () => {
    const before = await newest();
    await server.goAway();
    await eventually("not leading", 12, async () =>
      /^inaetics_coordinator_leading 0$/m.test(await one.text("/metrics")),
    );
    expect((await send("PUT", "/coordinator/producers", { count: 1 })).status).to.equal(503);
    expect(await one.status("/healthz")).to.equal(200);
    await server.comeBack();
    await eventually("leading", 20, async () => /^inaetics_coordinator_leading 1$/m.test(await one.text("/metrics")));
    load(40, 1, 900);
    await processors(1, 1);
    load(0, 0, 10);
    await processors(1, 0, 60);
    expect((await events(before)).filter(({ kind }) => kind === "producers")).to.deep.equal([]);
  });

  it("loses no event while the broker is away", async () => {
    const before = await newest();
    await broker.down("SIGKILL");
    expect((await send("PUT", "/coordinator/producers", { felix: 1, celix: 1 })).status).to.equal(200);
    expect((await send("POST", "/coordinator/scaleProducer", { value: 1 })).status).to.equal(204);
    const refused = await send("POST", "/coordinator/utilisation", { value: 10 });
    expect(refused.status).to.equal(503);
    expect(refused.headers.get("content-type")).to.match(/^application\/problem\+json/);
    const { producers, celixProducers } = await cluster.replicas();
    expect([producers.requested, celixProducers.requested]).to.deep.equal([2, 1]);
    await sleep(3000);
    await broker.up();
    await found("the last event", 30, before, ({ kind, to }) => kind === "producers" && to?.felix === 2);
    const stored = (await events(before))
      .filter(({ kind }) => kind === "producers")
      .map(({ to, by, outcome }) => ({ to, by, outcome }));
    expect(stored).to.deep.equal([
      { to: { felix: 1, celix: 1 }, by: "admin", outcome: "done" },
      { to: { felix: 2, celix: 1 }, by: "admin", outcome: "done" },
    ]);
    expect((await stats()).ratePercent).to.equal(45);
  });

  it("does what people ask for, as form or JSON, and keeps to processors set by hand until told otherwise", async () => {
    const before = await newest();
    const form = { ...basic, "content-type": "application/x-www-form-urlencoded" };
    const rate = await fetch(`${one.url}/coordinator/utilisation`, {
      method: "POST",
      headers: form,
      body: "value=100",
    });
    expect(rate.status).to.equal(204);
    await eventually("the rate", 5, async () => (await stats()).ratePercent === 100);
    for (const [step, total] of [
      ["+2", 4],
      ["-1", 3],
      ["-32", 0],
      ["32", 4],
    ] as const) {
      await fetch(`${one.url}/coordinator/scaleProducer`, {
        method: "POST",
        headers: form,
        body: `value=${encodeURIComponent(step)}`,
      });
      const { producers, celixProducers } = await cluster.replicas();
      expect(producers.requested + celixProducers.requested, step).to.equal(total);
    }
    const manual = await send("PUT", "/coordinator/processors", { felix: 0, celix: 3 });
    expect([manual.status, await manual.json()]).to.deep.equal([200, { mode: "manual", felix: 0, celix: 3 }]);
    expect(await cluster.processors()).to.deep.equal([0, 3]);
    load(40, 1, 900);
    await cluster.scale("felix", 2);
    await processors(0, 3, 10);
    expect((await stats()).mode).to.deep.equal({ mode: "manual", felix: 0, celix: 3 });
    expect((await send("PUT", "/coordinator/processors", { auto: true })).status).to.equal(200);
    await processors(2, 2);
    load(0, 0, 10);
    await processors(1, 0, 60);
    const persons = (await events(before)).filter(({ source }) => source === "person");
    expect(persons.map(({ kind }) => kind)).to.deep.equal([
      "rate",
      ...Array<string>(4).fill("producers"),
      "mode",
      "mode",
    ]);
    expect(persons.every(({ by, reason }) => by === "admin" && reason !== "")).to.equal(true);
    expect(persons[0]?.reason).to.equal("sample rate: 45 % => 100 %");
  });

  it("sends pages the newest events, and those that they missed", async () => {
    const listen = async (headers: Record<string, string>, enough: RegExp): Promise<string> => {
      const response = await fetch(`${one.url}/coordinator/stream`, { headers, signal: AbortSignal.timeout(10_000) });
      let text = "";
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString("utf8");
        if (enough.test(text)) break;
      }
      return text;
    };
    const all = await events();
    const ids = (text: string): number[] =>
      [...text.matchAll(/event: log\nid: (\d+)\n/g)].map((each) => Number(each[1]));
    const last = all.at(-1)?.id ?? 0;
    const greeted = await listen({}, new RegExp(`id: ${last}\n.*\n\n`));
    expect(ids(greeted)).to.deep.equal(all.slice(-50).map(({ id }) => id));
    expect(ids(await listen({ "last-event-id": String(last - 3) }, new RegExp(`id: ${last}\n.*\n\n`)))).to.deep.equal([
      last - 2,
      last - 1,
      last,
    ]);
    const snapshot = /event: snapshot\ndata: (.*)\n/.exec(greeted)?.[1] ?? "{}";
    expect(JSON.parse(snapshot)).to.deep.include({ mode: { mode: "auto" }, leader: "viewer-3", maxProducers: 4 });
    const live = listen({ "last-event-id": String(last) }, /event: log\n/);
    await eventually("a listener", 5, async () => /^inaetics_viewers [1-9]/m.test(await one.text("/metrics")));
    await send("POST", "/coordinator/utilisation", { value: 20 });
    const event = JSON.parse(/event: log\nid: \d+\ndata: (.*)\n/.exec(await live)?.[1] ?? "{}") as ClusterEvent;
    expect(event).to.include({ kind: "rate", reason: "sample rate: 100 % => 20 %" });
    await eventually("the rate shown", 5, async () => (await stats()).ratePercent === 20);
  });

  it("refuses changes without login with 401 and bad values with 400 that names the allowed ones, and changes nothing", async () => {
    const before = [await cluster.replicas(), await newest(), (await stats()).mode, (await stats()).ratePercent];
    const calls = [
      ["POST", "/coordinator/utilisation", { value: 50 }],
      ["POST", "/coordinator/scaleProducer", { value: 1 }],
      ["PUT", "/coordinator/producers", { count: 1 }],
      ["PUT", "/coordinator/processors", { felix: 1, celix: 1 }],
      ["DELETE", "/coordinator/session", undefined],
    ] as const;
    for (const [method, address, body] of calls) {
      const answer = await send(method, address, body, {});
      expect(answer.status, address).to.equal(401);
      expect(answer.headers.get("content-type")).to.match(/^application\/problem\+json/);
    }
    const bad: readonly (readonly [string, string, readonly unknown[], RegExp])[] = [
      [
        "POST",
        "/coordinator/utilisation",
        [{}, { value: 101 }, { value: -1 }, { value: 1.5 }, { value: "x" }, []],
        /0 to 100/,
      ],
      ["POST", "/coordinator/scaleProducer", [{}, { value: 33 }, { value: "" }, { value: null }, 7], /-32 to 32/],
      [
        "PUT",
        "/coordinator/producers",
        [{}, { count: 5 }, { count: -1 }, { felix: 3, celix: 2 }, { felix: 1 }],
        /0 to 4 together/,
      ],
      [
        ...(["PUT", "/coordinator/processors"] as const),
        [
          {},
          { auto: false },
          { felix: 0, celix: 0 },
          { felix: 4, celix: 1 },
          { felix: -1, celix: 2 },
          { auto: true, felix: 1 },
        ],
        /1 to 4 together/,
      ],
    ];
    for (const [method, address, bodies, allowed] of bad) {
      for (const body of bodies) {
        const answer = await send(method, address, body);
        expect(answer.status, `${address} ${JSON.stringify(body)}`).to.equal(400);
        expect(((await answer.json()) as { detail: string }).detail).to.match(allowed);
      }
    }
    expect((await send("GET", "/coordinator/events?limit=0")).status).to.equal(400);
    expect((await send("POST", "/coordinator/nothing", {})).status).to.equal(404);
    expect([await cluster.replicas(), await newest(), (await stats()).mode, (await stats()).ratePercent]).to.deep.equal(
      before,
    );
  });

  it("is moved by none of 1,000 random requests", async () => {
    const before = [await cluster.replicas(), await newest(), (await stats()).mode, (await stats()).ratePercent];
    const address = fc.oneof(
      fc
        .constantFrom("utilisation", "scaleProducer", "producers", "processors", "events", "session", "stream/x", "")
        .map((each) => `/coordinator/${each}`),
      fc.webPath().map((each) => (each.startsWith("/") ? each : `/${each}`)),
    );
    const request = fc.record({
      address,
      query: fc.webQueryParameters(),
      method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"),
      type: fc.constantFrom("application/json", "application/x-www-form-urlencoded", "text/plain", "x"),
      body: fc.oneof(
        fc.json(),
        fc.string(),
        fc.constantFrom('{"value":50}', "value=50", '{"count":2}', '{"auto":true}'),
      ),
      authorization: fc.oneof(
        fc.constant(""),
        fc.base64String().map((each) => `Basic ${each}`),
        fc.constant("Bearer x"),
      ),
    });
    const statuses = new Map<number, number>();
    for (const each of fc.sample(request, 1000)) {
      const { method, type, authorization } = each;
      const url = `${one.url}${encodeURI(each.address)}?${each.query}`;
      const headers = { "content-type": type, ...(authorization === "" ? {} : { authorization }) };
      const answer = await fetch(url, { method, headers, body: method === "GET" ? null : each.body });
      await answer.arrayBuffer();
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
    console.log(`      statuses: ${[...statuses].map(([status, count]) => `${count} x ${status}`).join(", ")}`);
    expect([...statuses.keys()].filter((status) => status >= 500)).to.deep.equal([]);
    expect([await cluster.replicas(), await newest(), (await stats()).mode, (await stats()).ratePercent]).to.deep.equal(
      before,
    );
    expect(await one.status("/healthz")).to.equal(200);
    expect(one.memory()).to.be.below(160);
  });
});
