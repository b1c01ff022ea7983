/**
 * The requests of `scale` to the dashboard, their order, and its refusals; the dashboard is a server of the test. Does
 * not prove: that a real one does it (tests/cluster).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { loadOf, scaleThrough, type ScaleOptions } from "../../cli/scale/scale";
import { createProgress } from "@inaetics/workstation";
import { unmetParts, parseKinds, parseWait, parseRequest } from "../../cli/scale/request";
import { exampleStats as stats } from "./cli-examples";
import { SystemStats } from "@inaetics/model";
import { basicLogin } from "../support/http";

const failureOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return String(error);
  }
  return "none";
};

describe("a scaling request", () => {
  it("has a number, or one for each kind", () => {
    expect(parseRequest({ producers: "3", rate: "60", processors: "auto" }, stats)).to.deep.equal({
      producers: 3,
      rate: 60,
      processors: "auto",
    });
    expect(parseRequest({ producers: "2+1", rate: "0 %", processors: "5" }, stats)).to.deep.equal({
      producers: { felix: 2, celix: 1 },
      rate: 0,
      processors: { felix: 3, celix: 2 },
    });
    expect(parseRequest({ processors: "0+8" }, stats).processors).to.deep.equal({ felix: 0, celix: 8 });
  });

  it("is refused with every problem and the allowed values", () => {
    const failure = failureOf(() => parseRequest({ producers: "5", rate: "101", processors: "0" }, stats));
    expect(failure).to.match(/--producers: got "5"; allowed: .*from 0 to 4 together/);
    expect(failure).to.match(/--rate: got "101"; allowed: whole numbers from 0 to 100/);
    expect(failure).to.match(/--processors: got "0"; allowed: auto, .*from 1 to 8 together/);
    for (const text of ["", "-1", "1.5", "1+", "+1", "1+1+1", "AUTO", " 1", "1e1", "99999", "4+5"]) {
      expect(
        failureOf(() => parseRequest({ processors: text }, stats)),
        text,
      ).to.contain(`got "${text}"`);
    }
  });

  it("is left to the dashboard when the policy is not known", () =>
    expect(parseRequest({ processors: "40" }, { ...stats, policy: null }).processors).to.deep.equal({
      felix: 20,
      celix: 20,
    }));

  it("has the typed number of each kind", () => {
    fc.assert(
      fc.property(fc.nat(9999), fc.nat(9999), (felix, celix) => {
        expect(parseKinds(`${felix}+${celix}`)).to.deep.equal({ felix, celix });
      }),
    );
  });

  it("may wait ten minutes at most", () => {
    expect(parseWait("90")).to.equal(90);
    for (const text of ["-1", "601", "a minute", ""]) expect(failureOf(() => parseWait(text))).to.contain("0 to 600");
  });
});

describe("the unmet parts of a request", () => {
  const wanted = { producers: 3, rate: 60, processors: { felix: 2, celix: 1 } };
  const manual: SystemStats = { ...stats, mode: { mode: "manual", felix: 2, celix: 1 } };

  it("are the differences, and on request the pods that are not ready", () => {
    expect(unmetParts(wanted, manual, true)).to.deep.equal(["processors 2 of 3 ready"]);
    expect(unmetParts(wanted, manual, false)).to.deep.equal([]);
    expect(unmetParts(wanted, { ...manual, ratePercent: 5, producers: "3 / 4" }, false)).to.deep.equal([
      "rate 5, not 60 %",
      "producers 3 of 3 ready, 4 requested",
    ]);
    expect(unmetParts(wanted, { ...manual, producers: "unknown" }, false)).to.deep.equal(["producers unknown"]);
  });

  it("are only the mode for automatic processors", () => {
    expect(unmetParts({ processors: "auto" }, manual, true)).to.deep.equal(["processors are not set to auto yet"]);
    expect(unmetParts({ processors: "auto" }, stats, true)).to.deep.equal([]);
    expect(unmetParts({ processors: { felix: 2, celix: 1 } }, { ...stats, processors: "3 / 3" }, true)).to.deep.equal([
      "processors are not set to manual yet",
    ]);
    const others: SystemStats = { ...manual, mode: { mode: "manual", felix: 1, celix: 2 }, processors: "3 / 3" };
    expect(unmetParts({ processors: { felix: 2, celix: 1 } }, others, true)).to.deep.equal([
      "processors are set to 1+2, not 2+1",
    ]);
  });
});

describe("scaling through a dashboard", () => {
  let server: Server;
  let now: SystemStats;
  let changes: string[];
  let refused: string;
  const login = { user: "me", password: "secret" };
  const silent = createProgress(new Writable({ write: (_chunk, _encoding, done) => done() }));
  const run = (options: Partial<ScaleOptions>): Promise<SystemStats> => {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return scaleThrough(() => Promise.resolve({ address, login }), { wait: "1", ...options }, silent);
  };
  const failure = (options: Partial<ScaleOptions>): Promise<string> => run(options).then(() => "none", String);
  /** Changes the state as a dashboard would; pods are ready at the second poll. */
  const change = (path: string, body: string): void => {
    const value = JSON.parse(body) as Readonly<Record<string, number>>;
    const later = (change: Partial<SystemStats>) => setTimeout(() => (now = { ...now, ...change }), 100);
    if (path.endsWith("utilisation")) now = { ...now, ratePercent: value["value"] ?? null };
    if (path.endsWith("producers")) {
      now = { ...now, producers: `1 / ${value["count"] ?? 0}` };
      later({ producers: `${value["count"] ?? 0} / ${value["count"] ?? 0}` });
    }
    if (path.endsWith("processors")) now = { ...now, mode: { mode: "auto" } };
  };

  before((done) => {
    server = createServer((request, response) => {
      const path = request.url ?? "";
      if (request.method === "GET") return void response.end(JSON.stringify(now));
      const right = basicLogin("me", "secret");
      if (request.headers.authorization !== right) return void response.writeHead(401).end();
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        changes.push(`${request.method ?? ""} ${path} ${body}`);
        if (path === refused) return void response.writeHead(503).end('{"detail":"the broker is away"}');
        change(path, body);
        response.writeHead(path.endsWith("utilisation") ? 204 : 200).end(path.endsWith("utilisation") ? "" : "{}");
      });
    });
    server.listen(0, "127.0.0.1", done);
  });
  beforeEach(() => {
    now = { ...stats, mode: { mode: "manual", felix: 1, celix: 1 } };
    changes = [];
    refused = "";
  });
  after((done) => {
    server.close(done);
    server.closeAllConnections();
  });

  it("sets everything with the login and waits until it is in effect", async () => {
    const after = await run({ producers: "4", rate: "100", processors: "auto" });
    expect(changes).to.deep.equal([
      'POST /coordinator/utilisation {"value":100}',
      'PUT /coordinator/producers {"count":4}',
      'PUT /coordinator/processors {"auto":true}',
    ]);
    expect(loadOf(after)).to.deep.equal({
      ratePercent: 100,
      producers: { ready: 4, requested: 4 },
      maxProducers: 4,
      processors: { ready: 2, requested: 3 },
      mode: { mode: "auto" },
      policy: stats.policy,
    });
  }).timeout(10_000);

  it("changes nothing without options, or when any value is wrong", async () => {
    expect((await run({})).ratePercent).to.equal(60);
    expect(await failure({ producers: "2", rate: "many" })).to.contain('--rate: got "many"');
    expect(await failure({ producers: "2", wait: "long" })).to.contain('--wait: got "long"');
    expect(changes).to.deep.equal([]);
  });

  it("reports the refused setting, and the settings made before it", async () => {
    refused = "/coordinator/producers";
    const said = await failure({ producers: "2", rate: "10", processors: "auto" });
    expect(said).to.match(/producers: .* answers 503: the broker is away\nset before: rate/);
    expect(changes).to.have.length(2);
  });

  it("does not wait for pods with --no-wait", async () => {
    expect((await run({ producers: "2", wait: false })).producers).to.match(/ \/ 2$/);
  });
});
