/**
 * Manual changes of the cluster through a real viewer and their effects in its answers, with a real API server, broker
 * and queue agent. Does not prove: that pages make these calls (tests/browser).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterEvent } from "@inaetics/samples";
import { busy, idle } from "./coordination";
import { basic, Scene } from "./scene";
import { eventually } from "../support/eventually";

describe("coordinator: people", function () {
  this.timeout(120_000);
  let scene: Scene;

  before(async () => {
    scene = await Scene.set("steering");
    await scene.found("a first decision", 20, 0, ({ kind }) => kind === "held");
  });
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way
  after(() => scene?.strike());

  it("loses no event while the broker is away", async () => {
    const before = await scene.newest();
    await scene.broker.down("SIGKILL");
    expect((await scene.send("PUT", "/coordinator/producers", { felix: 1, celix: 1 })).status).to.equal(200);
    expect((await scene.send("POST", "/coordinator/scaleProducer", { value: 1 })).status).to.equal(204);
    const refused = await scene.send("POST", "/coordinator/utilisation", { value: 10 });
    expect(refused.status).to.equal(503);
    expect(refused.headers.get("content-type")).to.match(/^application\/problem\+json/);
    expect(await scene.requested("producers", "celixProducers")).to.deep.equal([2, 1]);
    await sleep(3000);
    await scene.broker.up();
    await scene.found("the last event", 30, before, ({ kind, to }) => kind === "producers" && to?.felix === 2);
    const stored = (await scene.events(before))
      .filter(({ kind }) => kind === "producers")
      .map(({ to, by, outcome }) => ({ to, by, outcome }));
    expect(stored).to.deep.equal([
      { to: { felix: 1, celix: 1 }, by: "admin", outcome: "done" },
      { to: { felix: 2, celix: 1 }, by: "admin", outcome: "done" },
    ]);
    expect((await scene.stats()).ratePercent).to.equal(5);
  });

  it("performs requests as form or JSON, and keeps processors set by hand until automatic is set again", async () => {
    const before = await scene.newest();
    const form = { ...basic, "content-type": "application/x-www-form-urlencoded" };
    const post = async (address: string, body: string): Promise<number> =>
      (await fetch(`${scene.viewer.url}${address}`, { method: "POST", headers: form, body })).status;
    expect(await post("/coordinator/utilisation", "value=100")).to.equal(204);
    await eventually("the rate", 5, async () => (await scene.stats()).ratePercent === 100);
    for (const [step, total] of [
      ["+2", 4],
      ["-1", 3],
      ["-32", 0],
      ["32", 4],
    ] as const) {
      expect(await post("/coordinator/scaleProducer", `value=${encodeURIComponent(step)}`)).to.equal(204);
      const [felix = NaN, celix = NaN] = await scene.requested("producers", "celixProducers");
      expect(felix + celix, step).to.equal(total);
    }
    const manual = await scene.send("PUT", "/coordinator/processors", { felix: 0, celix: 3 });
    expect([manual.status, await manual.json()]).to.deep.equal([200, { mode: "manual", felix: 0, celix: 3 }]);
    expect(await scene.cluster.processors()).to.deep.equal([0, 3]);
    Object.assign(scene.queue, busy);
    await scene.cluster.scale("felix", 2);
    await scene.processors(0, 3, 10);
    await eventually("the mode shown", 5, async () => (await scene.stats()).mode?.mode === "manual");
    expect((await scene.send("PUT", "/coordinator/processors", { auto: true })).status).to.equal(200);
    await scene.processors(2, 2);
    Object.assign(scene.queue, idle);
    await scene.processors(1, 0, 60);
    const persons = (await scene.events(before)).filter(({ source }) => source === "person");
    expect(persons.map(({ kind }) => kind)).to.deep.equal([
      "rate",
      ...Array<string>(4).fill("producers"),
      "mode",
      "mode",
    ]);
    expect(persons.every(({ by, reason }) => by === "admin" && reason !== "")).to.equal(true);
    expect(persons[0]?.reason).to.equal("sample rate: 5 % => 100 %");
  });

  it("sends pages the newest events, and those that they missed", async () => {
    const listen = async (headers: Record<string, string>, enough: RegExp): Promise<string> => {
      const response = await fetch(`${scene.viewer.url}/coordinator/stream`, {
        headers,
        signal: AbortSignal.timeout(10_000),
      });
      let text = "";
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString("utf8");
        if (enough.test(text)) break;
      }
      return text;
    };
    const all = await scene.events();
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
    expect(JSON.parse(snapshot)).to.deep.include({ mode: { mode: "auto" }, leader: "viewer-1", maxProducers: 4 });
    const live = listen({ "last-event-id": String(last) }, /"kind":"rate".*\n\n/);
    await eventually("a listener", 5, async () => /^inaetics_viewers [1-9]/m.test(await scene.viewer.text("/metrics")));
    await scene.send("POST", "/coordinator/utilisation", { value: 20 });
    const event = JSON.parse(
      /event: log\nid: \d+\ndata: (.*"kind":"rate".*)\n/.exec(await live)?.[1] ?? "{}",
    ) as ClusterEvent;
    expect(event).to.include({ kind: "rate", reason: "sample rate: 100 % => 20 %" });
    await eventually("the rate shown", 5, async () => (await scene.stats()).ratePercent === 20);
  });

  it("refuses changes without login with 401, and bad values with 400 and the allowed values; nothing changes", async () => {
    const before = await scene.changeable();
    const calls = [
      ["POST", "/coordinator/utilisation", { value: 50 }],
      ["POST", "/coordinator/scaleProducer", { value: 1 }],
      ["PUT", "/coordinator/producers", { count: 1 }],
      ["PUT", "/coordinator/processors", { felix: 1, celix: 1 }],
      ["DELETE", "/coordinator/session", undefined],
    ] as const;
    for (const [method, address, body] of calls) {
      const answer = await scene.send(method, address, body, {});
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
        const answer = await scene.send(method, address, body);
        expect(answer.status, `${address} ${JSON.stringify(body)}`).to.equal(400);
        expect(((await answer.json()) as { detail: string }).detail).to.match(allowed);
      }
    }
    expect((await scene.send("GET", "/coordinator/events?limit=0")).status).to.equal(400);
    expect((await scene.send("POST", "/coordinator/nothing", {})).status).to.equal(404);
    expect(await scene.changeable()).to.deep.equal(before);
  });

  it("changes nothing on 1,000 random requests", async () => {
    const before = await scene.changeable();
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
      const url = `${scene.viewer.url}${encodeURI(each.address)}?${each.query}`;
      const headers = { "content-type": type, ...(authorization === "" ? {} : { authorization }) };
      const answer = await fetch(url, { method, headers, body: method === "GET" ? null : each.body });
      await answer.arrayBuffer();
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
    console.log(`      statuses: ${[...statuses].map(([status, count]) => `${count} x ${status}`).join(", ")}`);
    expect([...statuses.keys()].filter((status) => status >= 500)).to.deep.equal([]);
    expect(await scene.changeable()).to.deep.equal(before);
    expect(await scene.viewer.status("/healthz")).to.equal(200);
    expect(scene.viewer.memory()).to.be.below(160);
  });
});
