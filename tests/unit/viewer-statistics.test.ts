/**
 * What the viewer measures of agents, results and nodes. Does not prove: that broker, API server and kubelets say what is
 * assumed here (tests/engine/viewer-statistics.test.ts and viewer-nodes.test.ts, tests/cluster).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { AgentRates, utilisation, type Report } from "../../images/datastore-viewer/src/statistics/agents";
import { Latencies, latencyOf } from "../../images/datastore-viewer/src/statistics/latency";
import {
  movesBetween,
  type Move,
  type Placed,
  type Placement,
} from "../../images/datastore-viewer/src/statistics/moves";
import {
  assemble,
  bytesOf,
  readNodes,
  readPods,
  readSummary,
  roleOf,
} from "../../images/datastore-viewer/src/statistics/nodes";
import { countRedeliveries } from "../../images/datastore-viewer/src/statistics/redeliveries";
import { UPGRADING_ANNOTATION } from "@inaetics/samples";

const report = (kind: Report["kind"], counters: Partial<Report>): Report => ({
  name: "pod",
  displayName: "Pod",
  type: "throughput",
  unit: "samples/sec",
  value: 99,
  kind,
  ...counters,
});

describe("viewer: rates of agents", () => {
  /** Reports each second of a processor with these counters. */
  const follow = (counters: readonly number[], kind: "processor" | "producer" = "processor"): AgentRates => {
    const rates = new AgentRates();
    const key = kind === "processor" ? "processed" : "accepted";
    for (const [index, count] of counters.entries()) rates.add("p", report(kind, { [key]: count }), index * 1000);
    return rates;
  };
  const rate = (rates: AgentRates, now: number): number | null | undefined => rates.list(now)[0]?.rate;

  it("measures by the counter and not by what the agent calls its rate", () => {
    expect(rate(follow([0, 100, 200, 300]), 3000)).to.equal(100);
    expect(rate(follow([0, 0, 0]), 2000)).to.equal(0);
    expect(rate(follow([5, 25, 45], "producer"), 2000)).to.equal(20);
  });

  it("knows no rate from one report, nor right after a restart, and never a negative one", () => {
    expect(rate(follow([1000]), 0)).to.equal(null);
    expect(rate(follow([1000, 1100, 1200, 7]), 3000)).to.equal(null);
    expect(rate(follow([1000, 1100, 1200, 0, 50, 100]), 5000)).to.equal(50);
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { minLength: 1 }), (counters) => {
        expect(rate(follow(counters), (counters.length - 1) * 1000) ?? 0).to.be.at.least(0);
      }),
    );
  });

  it("forgets agents that are silent, and follows a bounded number", () => {
    const rates = follow([0, 10]);
    expect(rates.list(7000)).to.deep.equal([]);
    for (let each = 0; each < 1000; each++) rates.add(`stranger-${each}`, report("processor", { processed: 1 }), 8000);
    expect(rates.list(8000)).to.have.length(100);
  });

  it("believes an agent without a counter, and leaves queue and data store alone", () => {
    const rates = new AgentRates();
    rates.add("p", report("producer", {}), 0);
    for (const kind of ["queue", "store"] as const) rates.add(kind, report(kind, {}), 0);
    expect(rates.list(0).map((each) => [each.pod, each.rate])).to.deep.equal([["p", 99]]);
  });

  it("puts what producers make in relation to what they could", () => {
    const producer = (pod: string, made: number | null, maxRate?: number) => {
      return { pod, rate: made, report: report("producer", { maxRate }) };
    };
    expect(utilisation([producer("a", 100, 1000), producer("b", 50, 500)])).to.equal(10);
    expect(utilisation([{ pod: "c", rate: 5, report: report("processor", {}) }])).to.equal(null);
    expect(utilisation([producer("a", null, 1000)])).to.equal(null);
    expect(utilisation([producer("a", 100, 1000), producer("b", 100)])).to.equal(null);
    expect(utilisation([])).to.equal(null);
  });
});

describe("viewer: latency", () => {
  it("gives percentiles of the last 10 s, null without any", () => {
    const latencies = new Latencies();
    expect(latencies.percentiles(0)).to.deep.equal({ p50: null, p95: null, p99: null });
    for (let each = 1; each <= 100; each++) latencies.add(1000, each);
    expect(latencies.percentiles(2000)).to.deep.equal({ p50: 50, p95: 95, p99: 99 });
    latencies.add(9000, 7);
    expect(latencies.percentiles(12_000)).to.deep.equal({ p50: 7, p95: 7, p99: 7 });
    expect(latencies.percentiles(20_000).p50).to.equal(null);
  });

  it("is never below 0, ordered, and made of values that came, however many", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -100, max: 1e6 }), { minLength: 1, maxLength: 5000 }), (values) => {
        const latencies = new Latencies();
        for (const each of values) latencies.add(0, each);
        const { p50, p95, p99 } = latencies.percentiles(0);
        const recent = values.slice(-2000).map((each) => Math.max(0, each));
        for (const each of [p50, p95, p99]) expect(recent).to.include(each);
        expect(p50 ?? NaN).to.be.at.most(p95 ?? NaN);
        expect(p95 ?? NaN).to.be.at.most(p99 ?? NaN);
      }),
      { numRuns: 30 },
    );
  });

  it("is read from results alone", () => {
    const of = (text: string) => latencyOf(new TextEncoder().encode(text));
    expect(of(JSON.stringify({ id: "a", storedAt: 150, sample: { sampleTime: 100 } }))).to.equal(50);
    for (const text of ["", "{}", "null", `{"storedAt":"1","sample":{"sampleTime":1}}`, "\u0000"]) {
      expect(of(text), text).to.equal(undefined);
    }
  });
});

describe("viewer: redeliveries", () => {
  const at = (deliveries: number, reached: number, consumer = "first") => ({ consumer, deliveries, reached });

  it("counts what was delivered beyond the place in the stream", () => {
    const first = countRedeliveries(undefined, at(103, 100));
    expect(first.total).to.equal(3);
    const second = countRedeliveries(first, at(210, 200));
    expect(second.total).to.equal(10);
    expect(countRedeliveries(second, at(210, 200)).total).to.equal(10);
  });

  it("goes on after the consumer was made anew, which starts far behind", () => {
    const first = countRedeliveries(undefined, at(103, 100));
    const anew = countRedeliveries(first, at(1, 101, "second"));
    expect(anew.total).to.equal(3);
    expect(countRedeliveries(anew, at(12, 110, "second")).total).to.equal(5);
    expect(countRedeliveries(undefined, at(1, 101, "second")).total).to.equal(0);
  });
});

describe("viewer: nodes", () => {
  const node = (name: string, status: string, more: object = {}) => ({
    metadata: { name, uid: name },
    status: { conditions: [{ type: "Ready", status }], capacity: { memory: "2048Ki" }, ...more },
  });
  const pod = (name: string, nodeName: string, label: string, restartCount: number) => ({
    metadata: { name, uid: name, labels: { name: label } },
    spec: { nodeName },
    status: {
      startTime: "2030-01-01T00:00:00Z",
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [{ restartCount }],
    },
  });
  const summary = {
    node: { cpu: { usageNanoCores: 250_000_000 }, memory: { workingSetBytes: 1000 } },
    pods: [
      {
        podRef: { name: "p-1", namespace: "inaetics" },
        cpu: { usageNanoCores: 1_000_000 },
        memory: { workingSetBytes: 70, usageBytes: 90 },
      },
      { podRef: { name: "p-2", namespace: "elsewhere" }, memory: { workingSetBytes: 5 } },
    ],
  };

  const untouched = { upgrading: null, unschedulable: false, kubeletVersion: null };

  it("puts nodes, pods and what kubelets say together, with null for what they do not say", () => {
    const addresses = [{ type: "InternalIP", address: "10.0.0.1" }];
    const nodes = readNodes(JSON.stringify({ items: [node("b", "Unknown"), node("a", "True", { addresses })] }));
    const pods = readPods(
      JSON.stringify({
        items: [pod("p-2", "a", "inaetics-queue-pod", 0), pod("p-1", "a", "inaetics-processor-celix-pod", 2)],
      }),
    );
    const told = new Map([["a", readSummary(JSON.stringify(summary), "inaetics")]]);
    const since = Date.parse("2030-01-01T00:00:00Z");
    expect(assemble(nodes, pods, told)).to.deep.equal([
      {
        name: "a",
        address: "10.0.0.1",
        ready: true,
        ...untouched,
        cpu: 0.25,
        memory: 1000,
        memoryCapacity: 2048 * 1024,
        pods: [
          {
            ...{ name: "p-1", role: "processor", kind: "celix", ready: true, leaving: false },
            ...{ restarts: 2, cpu: 0.001, memory: 70, since },
          },
          {
            ...{ name: "p-2", role: "queue", kind: "service", ready: true, leaving: false },
            ...{ restarts: 0, cpu: null, memory: null, since },
          },
        ],
      },
      {
        ...{ name: "b", address: "b", ready: false, ...untouched },
        ...{ cpu: null, memory: null, memoryCapacity: 2048 * 1024, pods: [] },
      },
    ]);
  });

  it("tells which node is being upgraded, which is cordoned, what each runs, and which pods are leaving", () => {
    const listed = (name: string, annotations: object, spec: object, kubeletVersion: string) => {
      const annotated = { name, uid: name, annotations: { other: "x", ...annotations } };
      return { metadata: annotated, spec, status: { nodeInfo: { kubeletVersion } } };
    };
    const upgrading = (version: string): object => ({ [UPGRADING_ANNOTATION]: version });
    const items = [
      listed("a", upgrading("v1.37.2"), { unschedulable: true }, "v1.37.1"),
      listed("b", {}, { unschedulable: true }, "v1.37.2"),
      listed("c", upgrading(""), {}, ""),
      listed("d", upgrading("x".repeat(5000)), {}, ""),
    ];
    const leaving = pod("p-1", "a", "inaetics-queue-pod", 0);
    const ended = { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: "2030-01-01T00:00:30Z" } };
    const pods = readPods(JSON.stringify({ items: [ended, pod("p-2", "a", "inaetics-queue-pod", 0)] }));
    const states = assemble(readNodes(JSON.stringify({ items })), pods, new Map());
    expect(states.map((each) => [each.upgrading, each.unschedulable, each.kubeletVersion])).to.deep.equal([
      ["v1.37.2", true, "v1.37.1"],
      [null, true, "v1.37.2"],
      [null, false, null],
      ["x".repeat(100), false, null],
    ]);
    expect(states[0]?.pods.map((each) => [each.leaving, each.ready])).to.deep.equal([
      [true, false],
      [false, true],
    ]);
  });

  it("takes the least that the API may answer, and says what it cannot read", () => {
    const nodes = readNodes(`{"items":[{"metadata":{"name":"a","uid":"1"}}]}`);
    const pods = readPods(`{"items":[{"metadata":{"name":"p","uid":"2"},"spec":{"nodeName":"a"}}]}`);
    expect(assemble(nodes, pods, new Map())[0]).to.deep.include({ ready: false, memoryCapacity: null });
    expect(assemble(nodes, pods, new Map())[0]?.pods[0]).to.deep.include({ restarts: 0, since: null, ready: false });
    expect(() => readSummary("<html>", "inaetics")).to.throw(/summary of the kubelet cannot be read: not JSON/);
    expect(() => readNodes("{}")).to.throw(/list of nodes cannot be read: items/);
  });

  it("knows roles by label and quantities by unit", () => {
    expect(roleOf("inaetics-producer-pod")).to.deep.equal({ role: "producer", kind: "felix" });
    expect(roleOf("inaetics-agent-celix-pod")).to.deep.equal({ role: "agent", kind: "celix" });
    expect(roleOf("ace-provisioning-pod")).to.deep.equal({ role: "ace-provisioning", kind: "service" });
    expect(["1Ki", "2Gi", "500", "1.5M", "x", "1Qi", undefined].map(bytesOf)).to.deep.equal([
      1024,
      2 ** 31,
      500,
      1.5e6,
      null,
      null,
      null,
    ]);
  });
});

describe("viewer: moves", () => {
  const on = (pod: string, node: string, live = true, owner = "rc"): Placed => ({ uid: pod, pod, owner, node, live });

  /** The moves seen over looks 5 s apart; each is the pods and how many are wanted. */
  const watch = (...looks: readonly (readonly [readonly Placed[], number])[]): readonly Move[] => {
    let placement: Placement | undefined;
    return looks.flatMap(([pods, wanted], index) => {
      const seen = movesBetween(placement, pods, () => wanted, index * 5000);
      placement = seen.placement;
      return seen.moves;
    });
  };
  const move = { owner: "rc", from: { pod: "a", node: "n1" }, to: { pod: "b", node: "n2" } };

  it("sees a lost pod's replacement on another node, at once, later, or while the lost one is still listed", () => {
    expect(watch([[on("a", "n1")], 1], [[on("b", "n2")], 1])).to.deep.equal([move]);
    expect(watch([[on("a", "n1")], 1], [[], 1], [[on("b", "")], 1], [[on("b", "n2")], 1])).to.deep.equal([move]);
    expect(watch([[on("a", "n1")], 1], [[on("a", "n1", false), on("b", "n2")], 1])).to.deep.equal([move]);
  });

  it("sees none on the same node, of another controller, at the first look, or when nothing changes", () => {
    expect(watch([[on("a", "n1")], 1], [[on("b", "n1")], 1])).to.deep.equal([]);
    expect(watch([[on("a", "n1")], 1], [[on("b", "n2", true, "other")], 1])).to.deep.equal([]);
    expect(watch([[on("a", "n1"), on("b", "n2")], 2], [[on("a", "n1"), on("b", "n2")], 2])).to.deep.equal([]);
  });

  it("takes scaling down and up again for what it is", () => {
    const both = [on("a", "n1"), on("c", "n3")];
    expect(watch([both, 2], [[on("c", "n3")], 1], [[on("c", "n3"), on("b", "n2")], 2])).to.deep.equal([]);
  });

  it("does not wait for a replacement for ever", () => {
    const empty = Array.from({ length: 30 }, () => [[], 1] as const);
    expect(watch([[on("a", "n1")], 1], ...empty, [[on("b", "n2")], 1])).to.deep.equal([]);
  });
});
