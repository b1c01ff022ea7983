/**
 * Nodes and pods in the viewer, from the API server's answers. Does not prove that API server and kubelets answer as
 * assumed here: tests/services/viewer-nodes.test.ts does.
 */
import { expect } from "chai";
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
} from "../../images/datastore-viewer/src/statistics/nodes";
import { UPGRADING_ANNOTATION, roleOf } from "@inaetics/model";

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

  it("combines nodes, pods and the kubelets' figures, with null for missing ones", () => {
    const addresses = [{ type: "InternalIP", address: "10.0.0.1" }];
    const nodes = readNodes(JSON.stringify({ items: [node("b", "Unknown"), node("a", "True", { addresses })] }));
    const pods = readPods(
      JSON.stringify({
        items: [pod("p-2", "a", "inaetics-queue-pod", 0), pod("p-1", "a", "inaetics-processor-celix-pod", 2)],
      }),
    );
    const summaries = new Map([["a", readSummary(JSON.stringify(summary), "inaetics")]]);
    const since = Date.parse("2030-01-01T00:00:00Z");
    expect(assemble(nodes, pods, summaries)).to.deep.equal([
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
            name: "p-1",
            role: "processor",
            kind: "celix",
            ready: true,
            leaving: false,
            restarts: 2,
            cpu: 0.001,
            memory: 70,
            since,
          },
          {
            name: "p-2",
            role: "queue",
            kind: "service",
            ready: true,
            leaving: false,
            restarts: 0,
            cpu: null,
            memory: null,
            since,
          },
        ],
      },
      {
        name: "b",
        address: "b",
        ready: false,
        ...untouched,
        cpu: null,
        memory: null,
        memoryCapacity: 2048 * 1024,
        pods: [],
      },
    ]);
  });

  it("reports upgrading and cordoned nodes, their versions, and leaving pods", () => {
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

  it("accepts the shortest answer of the API, and names what it cannot read", () => {
    const nodes = readNodes(`{"items":[{"metadata":{"name":"a","uid":"1"}}]}`);
    const pods = readPods(`{"items":[{"metadata":{"name":"p","uid":"2"},"spec":{"nodeName":"a"}}]}`);
    expect(assemble(nodes, pods, new Map())[0]).to.deep.include({ ready: false, memoryCapacity: null });
    expect(assemble(nodes, pods, new Map())[0]?.pods[0]).to.deep.include({ restarts: 0, since: null, ready: false });
    expect(() => readSummary("<html>", "inaetics")).to.throw(/summary of the kubelet cannot be read: not JSON/);
    expect(() => readNodes("{}")).to.throw(/list of nodes cannot be read: items/);
  });

  it("reads roles from labels and quantities with their units", () => {
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

  /** Returns the moves over polls 5 s apart; each poll has the pods and the wanted number of pods. */
  const movesOf = (...polls: readonly (readonly [readonly Placed[], number])[]): readonly Move[] => {
    let placement: Placement | undefined;
    return polls.flatMap(([pods, wanted], index) => {
      const found = movesBetween(placement, pods, () => wanted, index * 5000);
      placement = found.placement;
      return found.moves;
    });
  };
  const move = { owner: "rc", from: { pod: "a", node: "n1" }, to: { pod: "b", node: "n2" } };

  it("finds a lost pod's replacement on another node: at once, later, or while the lost one is still listed", () => {
    expect(movesOf([[on("a", "n1")], 1], [[on("b", "n2")], 1])).to.deep.equal([move]);
    expect(movesOf([[on("a", "n1")], 1], [[], 1], [[on("b", "")], 1], [[on("b", "n2")], 1])).to.deep.equal([move]);
    expect(movesOf([[on("a", "n1")], 1], [[on("a", "n1", false), on("b", "n2")], 1])).to.deep.equal([move]);
  });

  it("finds no move on the same node, of another controller, at the first poll, or without a change", () => {
    expect(movesOf([[on("a", "n1")], 1], [[on("b", "n1")], 1])).to.deep.equal([]);
    expect(movesOf([[on("a", "n1")], 1], [[on("b", "n2", true, "other")], 1])).to.deep.equal([]);
    expect(movesOf([[on("a", "n1"), on("b", "n2")], 2], [[on("a", "n1"), on("b", "n2")], 2])).to.deep.equal([]);
  });

  it("does not take scaling down and up again for a move", () => {
    const both = [on("a", "n1"), on("c", "n3")];
    expect(movesOf([both, 2], [[on("c", "n3")], 1], [[on("c", "n3"), on("b", "n2")], 2])).to.deep.equal([]);
  });

  it("waits a limited time for a replacement", () => {
    const empty = Array.from({ length: 30 }, () => [[], 1] as const);
    expect(movesOf([[on("a", "n1")], 1], ...empty, [[on("b", "n2")], 1])).to.deep.equal([]);
  });
});
