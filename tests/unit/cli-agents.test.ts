/**
 * Output of `agents` and of the agents' test layer for given answers of Kubernetes, kubelets, provisioning and test
 * scripts. Does not prove: that these answer so (tests/cluster, and the images' own tests).
 */
import { expect } from "chai";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Writable } from "node:stream";
import { memoryOf } from "../../cli/agents/memory";
import { agentPods, groups, selectorOf, type PodObject } from "../../cli/agents/pods";
import { describe as describeCounts, parseCount, settled } from "../../cli/agents/scale";
import { readTargets, versionsOf, type Target } from "../../cli/agents/targets";
import { countsOf, runImageTests, troubleOf } from "../../cli/testing/images";
import { formatAge, renderAgents } from "../../cli/agents/status";
import { createContext } from "@inaetics/stack";
import { createProgress } from "@inaetics/workstation";
import { basicLogin } from "../support/http";

const object = (name: string, role: string, status: PodObject["status"], ending?: string): PodObject => ({
  metadata: { name, labels: { name: `${role}-pod` }, deletionTimestamp: ending },
  spec: { nodeName: "node-1" },
  status,
});
const ready = { conditions: [{ type: "Ready", status: "True" }], startTime: "2025-01-01T00:00:00Z" };
const pulling = {
  conditions: [{ type: "Ready", status: "False", message: "containers with unready status: [agent]" }],
  containerStatuses: [{ restartCount: 3, state: { waiting: { reason: "ImagePullBackOff" } } }],
};
const target = (id: string, more: Partial<Target> = {}): Target => ({
  id,
  approved: true,
  state: "current",
  wanted: { version: "2.0.0" },
  current: { version: "2.0.0", since: 1 },
  failed: null,
  ...more,
});

describe("agents' pods", () => {
  it("are those of the six groups, with their nodes and states", () => {
    expect(groups.map(({ role }) => role)).to.have.members([
      "inaetics-producer",
      "inaetics-producer-celix",
      "inaetics-processor",
      "inaetics-processor-celix",
      "inaetics-agent",
      "inaetics-agent-celix",
    ]);
    expect(selectorOf(["a", "b"])).to.equal("name in (a-pod,b-pod)");
    const pods = agentPods([
      object("c", "inaetics-agent-celix", pulling),
      object("q", "inaetics-queue", ready),
      object("b", "inaetics-producer", ready, "2025-01-01T00:00:00Z"),
      object("a", "inaetics-producer", { ...ready, containerStatuses: [{ restartCount: 2 }] }),
      object("d", "inaetics-agent", undefined),
    ]);
    expect(pods.map(({ pod, kind, ready, reason }) => [pod, kind, ready, reason])).to.deep.equal([
      ["a", "felix", true, null],
      ["b", "felix", false, "ending"],
      ["d", "felix", false, "unknown"],
      ["c", "celix", false, "ImagePullBackOff"],
    ]);
    expect(pods[0]).to.include({ node: "node-1", restarts: 2, startedAt: "2025-01-01T00:00:00Z" });
  });

  it("are complete when all are ready and no others are left", () => {
    const two = agentPods([object("a", "inaetics-agent", ready), object("b", "inaetics-agent", ready)]);
    expect(settled(two, "felix", 2)).to.equal(true);
    expect(settled(two, "felix", 1)).to.equal(false);
    expect(settled(two, "celix", 0)).to.equal(true);
    const ending = agentPods([object("a", "inaetics-agent", ready, "now"), object("b", "inaetics-agent", ready)]);
    expect(settled(ending, "felix", 1)).to.equal(false);
    expect(describeCounts(ending, "felix", 1)).to.equal("felix 1 of 1 ready, 1 ending");
  });

  it("are started in numbers from 0 to 16", () => {
    expect(parseCount("felix", "0")).to.equal(0);
    expect(parseCount("celix", "16")).to.equal(16);
    for (const given of ["17", "-1", "1.5", "", "two", "1e1", " 2"]) {
      expect(() => parseCount("felix", given), given).to.throw(
        `--felix: got "${given}"; allowed: whole numbers from 0 to 16`,
      );
    }
  });
});

describe("agents' memory", () => {
  it("is the kubelet's report of our pods", () => {
    const pods = [
      { podRef: { name: "a", namespace: "inaetics" }, memory: { workingSetBytes: 5 } },
      { podRef: { name: "b", namespace: "inaetics" } },
      { podRef: { name: "c", namespace: "kube-system" }, memory: { workingSetBytes: 7 } },
    ];
    expect(memoryOf(JSON.stringify({ node: {}, pods }))).to.deep.equal([["a", 5]]);
    expect(() => memoryOf('{"pods":[{}]}')).to.throw();
  });
});

describe("provisioning's targets", () => {
  let server: Server;
  let answer: { code: number; body: string } = { code: 200, body: "[]" };
  const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const failure = (): Promise<string> =>
    readTargets(address(), "me", "secret").then(
      () => "none",
      (error: unknown) => String(error),
    );

  before((done) => {
    server = createServer((request, response) => {
      const allowed = request.headers.authorization === basicLogin("me", "secret");
      response.writeHead(request.url === "/client/targets" && allowed ? answer.code : 401).end(answer.body);
    });
    server.listen(0, "127.0.0.1", done);
  });
  after((done) => void server.close(done));

  it("are read with the dashboard's login, and may have further fields", async () => {
    const other = { group: "g", distributions: [], wanted: { version: "1", since: 5, artifacts: [] }, address: null };
    answer = { code: 200, body: JSON.stringify([{ ...target("a"), ...other }]) };
    expect(await readTargets(address(), "me", "secret")).to.have.nested.property("[0].wanted.version", "1");
  });

  it("that cannot be read are an error with the reason", async () => {
    answer = { code: 503, body: "" };
    expect(await failure()).to.match(/client\/targets answers 503/);
    answer = { code: 200, body: '[{"id":"a"}]' };
    expect(await failure()).to.match(/client\/targets: 0\.approved/);
    answer = { code: 200, body: "<html>" };
    expect(await failure()).to.match(/JSON/);
  });

  it("have a version, and a second one during an update", () => {
    expect(versionsOf(target("a"))).to.equal("2.0.0");
    expect(versionsOf(target("a", { current: { version: "1.0.0", since: 1 } }))).to.equal("1.0.0 -> 2.0.0");
    expect(versionsOf(target("a", { current: null }))).to.equal("none -> 2.0.0");
    expect(versionsOf(target("a", { current: null, wanted: null }))).to.equal("");
  });
});

describe("agents' table", () => {
  const [a, c] = agentPods([object("a", "inaetics-producer", ready), object("c", "inaetics-agent-celix", pulling)]);
  if (a === undefined || c === undefined) throw new Error("two pods were given");
  const now = Date.parse("2025-01-01T03:10:20Z");

  it("shows pod, kind, node, state and software", () => {
    const failed = { version: "3.0.0", reason: "start\u001b[2J threw" };
    const text = renderAgents(
      [
        { ...a, memory: 70 * 2 ** 20, target: target("a") },
        { ...c, memory: null, target: target("c", { approved: false, failed }) },
      ],
      ["software: late"],
      now,
    );
    expect(text).to.match(/^ {2}POD +KIND +NODE +READY +RESTARTS +SINCE +MEMORY +SOFTWARE +STATE$/m);
    expect(text).to.match(/^ {2}a +Felix +node-1 +yes +0 +3 h 10 min +70 MB +2\.0\.0 +current$/m);
    expect(text).to.match(
      /^ {2}c +Celix +node-1 +no +3 .*not approved +ImagePullBackOff; 3\.0\.0 failed: start \[2J threw$/m,
    );
    expect(text).to.match(/^Problems\n {2}software: late\n$/m);
  });

  it("shows how to start agents when none runs", () => {
    expect(renderAgents([], [])).to.equal("No agents run. Start some: ./cluster agents start\n");
  });

  it("has ages of two units at most", () => {
    const seconds = [0, 59, 60, 3599, 3600, 86_399, 90_000];
    expect(seconds.map((each) => formatAge(each * 1000))).to.deep.equal([
      "0 s",
      "59 s",
      "1 min",
      "59 min",
      "1 h 0 min",
      "23 h 59 min",
      "1 d 1 h",
    ]);
    expect(formatAge(-5000)).to.equal("0 s");
  });
});

describe("the agents' own tests", () => {
  it("count by their last line, and as a failure when that line is wrong", () => {
    expect(countsOf("a\n3 passed, 0 failed\n", 0)).to.deep.equal({ passed: 3, failed: 0 });
    expect(countsOf("\u001b[0m\u001b[0m3 passed, 0 failed\n", 0)).to.deep.equal({ passed: 3, failed: 0 });
    expect(countsOf("3 passed, 2 failed\n", 1)).to.deep.equal({ passed: 3, failed: 2 });
    expect(countsOf("3 passed, 0 failed\n", 1)).to.deep.equal({ passed: 3, failed: 1 });
    expect(countsOf("3 passed, 0 failed\nand more\n", 0)).to.deep.equal({ passed: 0, failed: 1 });
    expect(countsOf("0 passed, 0 failed\n", 0)).to.deep.equal({ passed: 0, failed: 1 });
    expect(countsOf("", undefined)).to.deep.equal({ passed: 0, failed: 1 });
  });

  it("report the output lines that name a failure", () => {
    expect(troubleOf("fine\n[ERROR]   TlsTest.reads:31 expected\nno ERRORS here\nfoo.c:3: not ok\nend")).to.equal(
      "[ERROR]   TlsTest.reads:31 expected\nfoo.c:3: not ok",
    );
    expect(troubleOf("a\nb")).to.equal("a\nb");
  });

  it("run for each image that has tests, and show and log the failures", async () => {
    const root = mkdtempSync(path.join(tmpdir(), "inaetics-tests-"));
    const script = (image: string, text: string): void => {
      mkdirSync(path.join(root, "images", image), { recursive: true });
      writeFileSync(path.join(root, "images", image, "test"), `#!/bin/sh\n${text}\n`);
      chmodSync(path.join(root, "images", image, "test"), 0o755);
    };
    let shown = "";
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        shown += chunk.toString();
        done();
      },
    });
    const context = { ...createContext({ INAETICS_STATE: path.join(root, "state") }), root };
    const progress = createProgress(stream);
    try {
      expect(await runImageTests(context, progress)).to.equal(undefined);
      script("felix-agent", 'echo "12 passed, 0 failed"');
      expect(await runImageTests(context, progress)).to.deep.equal({ passed: 12, failed: 0, failures: [] });
      script("celix-agent", 'echo "broken: x"; echo "4 passed, 1 failed"; sleep 0.3; echo why >&2; exit 1');
      expect(await runImageTests(context, progress)).to.deep.equal({
        passed: 16,
        failed: 1,
        failures: [
          { title: "tests of celix-agent", error: "ended with exit code 1\nbroken: x\n4 passed, 1 failed\nwhy" },
        ],
      });
      expect(shown)
        .to.match(/broken: x/)
        .and.match(/tests-images-celix-agent\.log/);
      expect(readFileSync(path.join(root, "state", "tests-images-celix-agent.log"), "utf8")).to.match(/why/);
      script("celix-agent", "kill -9 $$");
      expect(await runImageTests(context, progress)).to.include({ passed: 12, failed: 1 });
    } finally {
      rmSync(root, { recursive: true });
    }
  }).timeout(20_000);
});
