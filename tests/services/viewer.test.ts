/**
 * The real viewer with a real broker, a real queue agent and a stand-in for the one Kubernetes call that it makes.
 * Does not prove: that the service account's rights suffice (tests/cluster), or the pages in a browser (tests/browser).
 */
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { COUNTERS, STUCK_KEY } from "@inaetics/samples";
import { TestBroker } from "../support/broker";
import { Processor, put, report } from "../support/pipeline";
import { eventually } from "../support/eventually";
import { apiToken, FakeApi, Service } from "../support/service";
import { freePort } from "../support/ports";
import { snapshotSchema, SYSTEM_STATS_PATH, systemStatsSchema, type SystemStats } from "@inaetics/model";
import * as z from "zod/mini";

describe("viewer", function () {
  this.timeout(60_000);
  let folder: string;
  let broker: TestBroker;
  let connection: NatsConnection;
  let api: FakeApi;
  let agent: Service;
  let viewer: Service;
  let environment: Record<string, string>;
  const stats = (): Promise<SystemStats> => viewer.read(systemStatsSchema, `/${SYSTEM_STATS_PATH}`);
  const settled = (what: string, check: (now: SystemStats) => boolean): Promise<SystemStats> =>
    eventually(what, 15, async () => {
      const now = await stats();
      return check(now) && now;
    });

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), "inaetics-viewer-"));
    writeFileSync(path.join(folder, "token"), `${apiToken}\n`);
    broker = await TestBroker.start();
    connection = await broker.connect();
    api = new FakeApi(await freePort());
    environment = {
      ...broker.environment,
      POD_NAMESPACE: "inaetics",
      KUBERNETES_URL: `http://127.0.0.1:${api.port}`,
      KUBERNETES_TOKEN_FILE: path.join(folder, "token"),
      DASHBOARD_USER: "admin",
      DASHBOARD_PASSWORD: "swordfish",
      SESSION_KEY: "k".repeat(32),
    };
  });
  /* eslint-disable @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way */
  after(async () => {
    await connection?.close();
    await viewer?.stop("SIGKILL");
    await agent?.stop("SIGKILL");
    api?.down();
    await broker?.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  /* eslint-enable @typescript-eslint/no-unnecessary-condition */

  it("works before any other service runs, and reports unknown values as unknown, not zero", async () => {
    viewer = await Service.start("datastore-viewer", { ...environment, POD_NAME: "viewer-1" });
    await eventually("readiness", 10, async () => (await viewer.status("/readyz")) === 200);
    const now = await settled("the problems named", (each) => each.problems["streams"] !== undefined);
    expect(now).to.include({ results: null, accepted: null, queue: null, processors: "unknown", producers: "unknown" });
    expect(now.problems["controllers"]).to.match(/API server cannot be asked/);
    expect(await viewer.text("/metrics")).not.to.match(/^inaetics_(results_total|queue_depth|processors)/m);
    expect(await viewer.status("/")).to.equal(200);
  });

  it("finds the other services when they start", async () => {
    await api.up();
    api.controllers = [
      { name: "inaetics-producer-controller", requested: 4, ready: 2 },
      { name: "inaetics-processor-controller", requested: 1, ready: 1 },
      { name: "inaetics-processor-celix-controller", requested: 1, ready: 0 },
      { name: "inaetics-queue-controller", requested: 1, ready: 1 },
    ];
    agent = await Service.start("queue-agent", { ...broker.environment, POD_NAME: "queue-1", QUEUE_REPLICAS: "1" });
    const now = await settled("everything known", (each) => Object.keys(each.problems).length === 0);
    expect(now).to.include({ processors: "1 / 2", producers: "2 / 4", results: 0, accepted: 0, rejected: 0 });
    expect(api.refused).to.equal(0);
  });

  it("counts samples and results", async () => {
    await put(connection, "producer-1", 0, 200);
    expect((await settled("samples accepted", (each) => each.accepted === 200)).queue?.depth).to.equal(200);
    const processor = new Processor(connection);
    await settled("results", (each) => each.results === 200);
    await put(connection, "producer-1", 200, 300);
    const now = await settled("more results", (each) => each.results === 300 && each.queue?.depth === 0);
    expect(now.productionRate).to.be.a("number").above(0);
    await processor.stop();
    report(connection, "producer-1", { accepted: 300, rejected: 12 });
    await settled("refused samples", (each) => each.rejected === 12);
    const metrics = await viewer.text("/metrics");
    expect(metrics).to.match(/^inaetics_results_total 300$/m);
    expect(metrics).to.match(/^inaetics_samples_accepted_total 300$/m);
    expect(metrics).to.match(/^inaetics_samples_rejected_total 12$/m);
    expect(metrics).to.match(/^inaetics_processors\{kind="celix",state="requested"\} 1$/m);
    expect(metrics).to.match(/^inaetics_producers\{state="running"\} 2$/m);
  });

  it("sends every listener the same snapshots each second", async () => {
    const listen = async (): Promise<string[]> => {
      const response = await fetch(`${viewer.url}/coordinator/stream`);
      expect(response.headers.get("content-type")).to.equal("text/event-stream");
      let text = "";
      const decoder = new TextDecoder();
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += decoder.decode(chunk, { stream: true });
        if (text.split("event: snapshot").length > 4) break;
      }
      return [...text.matchAll(/event: snapshot\ndata: (.*)\n/g)].slice(0, 3).map((each) => each[1] ?? "");
    };
    const [one, other] = await Promise.all([listen(), listen()]);
    expect(one).to.deep.equal(other).and.to.have.length(3);
    const moments = one.map((each) => z.parse(snapshotSchema, JSON.parse(each)).at);
    for (const [index, at] of moments.slice(1).entries()) expect(at - (moments[index] ?? 0)).to.be.within(500, 2000);
    await eventually("the listeners forgotten", 5, async () =>
      /^inaetics_viewers 0$/m.test(await viewer.text("/metrics")),
    );
  });

  it("shows the queue agent's report of stuck samples as a problem, and only as long as it is repeated", async () => {
    const counters = await new Kvm(connection).open(COUNTERS);
    const oldest = { id: "producer-1-6", seq: 7, seconds: 41 };
    await counters.put(STUCK_KEY, JSON.stringify({ at: Date.now(), count: 4, repaired: 0, oldest }));
    const now = await settled("the problem", ({ stuck }) => stuck === 4);
    expect(now.problems["samples"]).to.include("4 samples are stuck").and.include("producer-1-6 (number 7");
    await counters.put(STUCK_KEY, JSON.stringify({ at: Date.now() - 120_000, count: 4, repaired: 0, oldest }));
    const later = await settled("an old report", ({ stuck }) => stuck === null);
    expect(later.problems).not.to.have.property("samples");
  });

  it("keeps the totals and reports the rest as unknown while the broker is away, and recovers", async () => {
    await broker.down("SIGKILL");
    const without = await settled("the queue unknown", (each) => each.queue === null);
    expect(without).to.include({ results: 300, accepted: 300, productionRate: null, producers: "2 / 4" });
    expect(await viewer.status("/healthz")).to.equal(200);
    await broker.up();
    await settled("everything known again", (each) => Object.keys(each.problems).length === 0 && each.results === 300);
  });

  it("reports replicas as unknown while the API server is away or refuses, and recovers", async () => {
    api.down();
    expect((await settled("unknown", (each) => each.producers === "unknown")).results).to.equal(300);
    writeFileSync(path.join(folder, "token"), "an old token");
    await api.up();
    await settled("the refusal named", (each) => /answered 403/.test(each.problems["controllers"] ?? ""));
    writeFileSync(path.join(folder, "token"), apiToken);
    await settled("the new token used", (each) => each.producers === "2 / 4");
  });

  it("reports the same totals after its own restart", async () => {
    expect(await viewer.stop()).to.equal(0);
    viewer = await Service.start("datastore-viewer", { ...environment, POD_NAME: "viewer-2" }, viewer.port);
    expect(await settled("the totals", (each) => each.results !== null && each.rejected !== null)).to.include({
      results: 300,
      accepted: 300,
      rejected: 12,
    });
  });

  it("answers unknown paths and methods with 404, and survives malformed requests", async () => {
    for (const address of ["/nothing", "/coordinator", "/coordinator/nothing", "/../etc/passwd", "/page.ts", "/%00"]) {
      expect(await viewer.status(address), address).to.be.oneOf([400, 404]);
    }
    const post = await fetch(`${viewer.url}/coordinator/systemStats`, { method: "POST", body: "x" });
    expect(post.status).to.equal(404);
    expect(post.headers.get("content-type")).to.match(/^application\/problem\+json/);
    expect(await viewer.status("/healthz")).to.equal(200);
  });

  it("serves its pages from itself only, and answers 304 for unchanged ones", async () => {
    const page = await fetch(`${viewer.url}/`);
    for (const address of ["/", "/dashboard", "/stats", "/nodes"]) {
      const each = await fetch(`${viewer.url}${address}`);
      expect(each.headers.get("content-security-policy")).to.include("default-src 'self'");
      // Without links to places within the page itself.
      const parts = [...(await each.text()).matchAll(/(?:src|href)="([^"#][^"]*)"/g)].map(([, part = ""]) => part);
      expect(parts, address).not.to.have.length(0);
      for (const part of parts) {
        expect(part).to.match(/^\//);
        expect(await viewer.status(part), part).to.equal(200);
      }
    }
    const again = await fetch(`${viewer.url}/`, { headers: { "if-none-match": page.headers.get("etag") ?? "" } });
    expect(again.status).to.equal(304);
  });

  it("ends soon although a page listens", async () => {
    const listener = fetch(`${viewer.url}/coordinator/stream`).then((response) => response.text());
    await eventually("a listener", 5, async () => /^inaetics_viewers 1$/m.test(await viewer.text("/metrics")));
    const began = Date.now();
    expect(viewer.memory()).to.be.below(120);
    expect(await viewer.stop()).to.equal(0);
    expect(Date.now() - began).to.be.below(3000);
    expect(await listener).to.include("event: snapshot");
  });
});
