/**
 * The output of `status` for given answers of the dashboard, which is a server of the test. Does not prove: that a real
 * one answers so (tests/cluster).
 */
import { expect } from "chai";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod/mini";
import { readEvents, readLatency, readStats } from "@inaetics/stack";
import type { ShownEvent } from "@inaetics/model";
import { askJson } from "@inaetics/workstation";
import { problemsOf, readDashboard, type Attempt, type Status } from "../../cli/status/read";
import { eventRow, renderStatus } from "../../cli/status/render";
import { exampleStats as stats } from "./cli-examples";
import { parseReplicas } from "@inaetics/model";

const event: ShownEvent = {
  id: 7,
  time: new Date(2025, 0, 31, 13, 5, 9).getTime(),
  source: "coordinator",
  kind: "scaled",
  by: "viewer-1",
  reason: "the fill grows",
  rule: "slope.steep",
  from: { felix: 1, celix: 1 },
  to: { felix: 2, celix: 1 },
  outcome: "done",
};
const nothing: Status = {
  stack: "dev",
  stoppedSince: null,
  outputs: {},
  boxes: [],
  nodes: [],
  workloads: [],
  events: [],
  backup: {},
  faults: [],
  problems: [],
  system: null,
  latency: null,
};

describe("the dashboard's answers", () => {
  let server: Server;
  let answers: Readonly<Record<string, string | number | undefined>>;
  let asked: string[] = [];
  const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const failure = (work: Promise<unknown>): Promise<string> => work.then(() => "none", String);
  /** Collects problems as `readStatus` does. */
  const collecting = (problems: string[]): Attempt => {
    return async (what, fallback, work) => {
      try {
        return await work();
      } catch (error) {
        problems.push(`${what}: ${String(error)}`);
        return fallback;
      }
    };
  };

  before((done) => {
    server = createServer((request, response) => {
      asked.push(request.url ?? "");
      const answer = answers[(request.url ?? "").replace(/\?.*/, "")];
      if (typeof answer === "number") response.writeHead(answer).end('{"detail":"log in first"}');
      // Without an answer the request stays open.
      if (typeof answer === "string") response.end(answer);
    });
    server.listen(0, "127.0.0.1", done);
  });
  beforeEach(() => {
    asked = [];
  });
  after((done) => {
    server.close(done);
    server.closeAllConnections();
  });

  it("are read with all that status shows, and may have further fields", async () => {
    const series = [
      { name: "latency-p99", unit: "ms", points: [[1000, 31]] },
      {
        name: "latency-p50",
        points: [
          [1000, 5],
          [2000, 8],
          [3000, null],
        ],
      },
    ];
    answers = {
      "/coordinator/systemStats": JSON.stringify({ ...stats, more: 1 }),
      "/coordinator/events": JSON.stringify({ events: [event], next: 7 }),
      "/coordinator/history": JSON.stringify({ from: 0, series }),
    };
    expect(await readStats(address())).to.deep.equal(stats);
    expect(await readEvents(address(), { limit: 5, after: 2 })).to.deep.equal({ events: [event], next: 7 });
    expect(asked.at(-1)).to.equal("/coordinator/events?limit=5&after=2");
    expect(await readLatency(address())).to.deep.equal({ p50: 8, p95: null, p99: 31 });
  });

  it("that do not come are one problem, not three, and no error", async () => {
    answers = { "/coordinator/systemStats": 503, "/coordinator/events": 503, "/coordinator/history": 503 };
    const problems: string[] = [];
    const found = await readDashboard(address(), collecting(problems));
    expect(found).to.deep.equal({ system: null, latency: null, events: [] });
    expect(problems).to.have.length(1);
    expect(problems[0]).to.match(/^dashboard: .*systemStats answers 503/);
  });

  it("that lack only events are a problem of the events", async () => {
    answers = { "/coordinator/systemStats": JSON.stringify(stats), "/coordinator/events": "{}" };
    answers = { ...answers, "/coordinator/history": 400 };
    const problems: string[] = [];
    expect((await readDashboard(address(), collecting(problems))).system).to.deep.equal(stats);
    expect(problems).to.have.length(1);
    expect(problems[0]).to.match(/^events: /);
  });

  it("of another kind, or too late, are errors with the reason", async () => {
    answers = { "/coordinator/systemStats": '{"queue":3}', "/html": "<html>", "/refused": 401, "/empty": "" };
    expect(await failure(readStats(address()))).to.match(/systemStats: productionRate /);
    const ask = (path: string) => failure(askJson(z.unknown(), `${address()}${path}`, { timeout: 300 }));
    expect(await ask("html")).to.match(/html answers no JSON/);
    expect(await ask("refused")).to.match(/refused answers 401: log in first/);
    expect(await ask("silent")).to.match(/silent: no answer within 0.3 s/);
    expect(await askJson(z.unknown(), `${address()}empty`)).to.equal(undefined);
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    expect(await failure(readStats(`http://127.0.0.1:${port}/`))).to.match(/ECONNREFUSED/);
  });

  it("have replicas as text", () => {
    expect(parseReplicas("2 / 3")).to.deep.equal({ ready: 2, requested: 3 });
    expect(parseReplicas("unknown")).to.equal(null);
  });
});

describe("the status", () => {
  it("shows queue, load and the last decisions with time and reason", () => {
    const latency = { p50: 8.2, p95: null, p99: 31 };
    const text = renderStatus({ ...nothing, system: stats, latency, events: [event] });
    expect(text).to.match(/^ {2}fill +12\.3 %, 1234 of 10000 samples, -0\.5 %\/s$/m);
    expect(text).to.match(/^ {2}latency +p50 8 ms, p99 31 ms$/m);
    expect(text).to.match(/^ {2}rate +60 % of/m);
    expect(text).to.match(/^ {2}producers +3 of 3 ready, at most 4$/m);
    expect(text).to.match(/^ {2}processors +2 of 3 ready, automatic \(policy slope, 1 to 8\)$/m);
    expect(text).to.match(/^ {2}2025-01-31 13:05:09 {2}scaled {2}the fill grows$/m);
    expect(text).not.to.contain("Problems");
  });

  it("shows settings made by hand, and unknown values", () => {
    const manual = renderStatus({ ...nothing, system: { ...stats, mode: { mode: "manual", felix: 2, celix: 0 } } });
    expect(manual).to.match(/processors .*by hand: 2 Felix and 0 Celix$/m);
    const unknown = { queue: null, rejected: null, ratePercent: null, mode: null, policy: null, processors: "unknown" };
    const text = renderStatus({ ...nothing, system: { ...stats, ...unknown } });
    for (const row of ["fill", "rejected", "latency", "rate"])
      expect(text).to.match(new RegExp(`${row} +unknown$`, "m"));
    expect(text).to.match(/processors +unknown, mode unknown$/m);
  });

  it("shows a bad outcome, without characters that would control the terminal", () => {
    expect(
      eventRow({ ...event, from: undefined, reason: "a\u001b[2Jb\nc", outcome: "failed: refused" }).slice(1),
    ).to.deep.equal(["scaled", "a [2Jb c (failed: refused)"]);
  });

  it("lists nodes and parts in a bad state", () => {
    const nodes = [{ name: "node-2", ready: false, version: "v1" }];
    const system = { ...stats, problems: { rate: "no broker" }, leader: null };
    expect(problemsOf({ ...nothing, nodes, system })).to.deep.equal([
      "node node-2 is not ready",
      "rate: no broker",
      "coordinator: no instance scales now",
    ]);
    expect(problemsOf({ ...nothing, system: stats })).to.deep.equal([]);
    expect(renderStatus({ ...nothing, problems: ["one\ntwo"] })).to.equal("Problems\n  one two\n");
    expect(renderStatus({ ...nothing, faults: ["halt of node-1, 9 s left"] })).to.contain(
      "Faults that were injected\n  halt of node-1, 9 s left\n",
    );
  });

  it("of a stopped cluster shows since when, and no problem of its halted boxes", () => {
    const boxes = [{ name: "inaetics-dev-node-1", id: "1", state: "exited", status: "Exited (130)" }];
    const stopped: Status = { ...nothing, boxes, stoppedSince: "2025-01-31T13:05:09.000Z" };
    expect(problemsOf(stopped)).to.deep.equal([]);
    expect(renderStatus(stopped)).to.match(
      /^Stack dev is stopped since 2025-01-31T13:05:09.000Z. Run: .\/cluster start$/m,
    );
    expect(renderStatus({ ...stopped, stack: "two" })).to.contain("Run: ./cluster --stack two start");
    // The containers may be gone, as after `docker system prune`.
    expect(renderStatus({ ...stopped, boxes: [] })).not.to.contain("has no cluster");
  });

  it("has the last backup and its schedule, once one was made", () => {
    const time = new Date(2025, 0, 31, 13, 5, 9).toISOString();
    const backup = {
      lastSuccess: { time, file: "/b/one.age", bytes: 1 },
      schedule: { every: "daily", keep: 7, since: time },
    } as const;
    const text = renderStatus({ ...nothing, backup });
    expect(text).to.match(
      /^Backup\n {2}last +2025-01-31 13:05:09, \/b\/one.age\n {2}schedule +daily, the newest 7 are kept$/m,
    );
    expect(renderStatus(nothing)).not.to.contain("Backup");
  });

  it("of no cluster shows how to make one", () => expect(renderStatus(nothing)).to.contain("Run: ./cluster up"));
});
