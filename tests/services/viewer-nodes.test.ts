/**
 * Nodes and pods in the viewer, with a real API server and controllers, a service account that has only the rights
 * named here, and stand-ins for the kubelets that the API server forwards requests to.
 * Does not prove: the answers of real kubelets (tests/cluster).
 */
import { expect } from "chai";
import type { FastifyInstance } from "fastify";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { snapshot } from "../../images/datastore-viewer/src/pages/snapshot";
import { Statistics, type Move, type ObservedNode } from "../../images/datastore-viewer/src/statistics";
import { createServer, renderMetrics } from "@inaetics/service";
import { ApiServer } from "../support/apiserver";
import { KubeletStub, MB, ownAddress } from "./kubeletstub";
import { at, list, nameOf, text, type KubeObject } from "../support/objects";
import { eventually } from "../support/eventually";
import {
  UPGRADING_ANNOTATION,
  viewerNodeRules,
  viewerRules,
  CLUSTER_INFO_PATH,
  clusterInfoSchema,
  NODES_PATH,
  nodesSchema,
  type NodeState,
} from "@inaetics/model";
import * as z from "zod/mini";

const namespace = "inaetics";
describe("viewer nodes", function () {
  this.timeout(180_000);
  const host = ownAddress();
  const kubelets = new Map<string, KubeletStub>();
  const moves: Move[] = [];
  const heard: (readonly ObservedNode[])[] = [];
  const logged: string[] = [];
  let folder: string;
  let apiServer: ApiServer;
  let statistics: Statistics;
  let server: FastifyInstance;

  const create = (resource: string, body: object, group = "/api/v1"): Promise<KubeObject> =>
    apiServer.api.request({ method: "POST", path: `${group}/${resource}`, body });
  const patch = (resource: string, body: object): Promise<KubeObject> => {
    const contentType = "application/strategic-merge-patch+json";
    return apiServer.api.request({ method: "PATCH", path: `/api/v1/${resource}`, body, contentType });
  };
  const kubelet = (name: string): KubeletStub => kubelets.get(name) ?? expect.fail(`no kubelet ${name}`);
  const nodes = async (): Promise<readonly NodeState[]> => {
    const answer = await server.inject(`/${NODES_PATH}`);
    expect(answer.statusCode, answer.body).to.equal(200);
    return z.parse(nodesSchema, answer.json());
  };
  const seen = (what: string, check: (all: readonly NodeState[]) => boolean): Promise<readonly NodeState[]> =>
    eventually(what, 30, async () => {
      const all = await nodes();
      return check(all) && all;
    });
  const pods = async (): Promise<readonly KubeObject[]> => {
    const answer = await apiServer.api.request({ method: "GET", path: `/api/v1/namespaces/${namespace}/pods` });
    return list(answer, "items");
  };

  async function addNode(name: string): Promise<void> {
    const stub = await KubeletStub.start(host, namespace);
    kubelets.set(name, stub);
    await create("nodes", { apiVersion: "v1", kind: "Node", metadata: { name } });
    const lastHeartbeatTime = new Date().toISOString().replace(/\.\d+/, "");
    const status = {
      addresses: [{ type: "InternalIP", address: host }],
      daemonEndpoints: { kubeletEndpoint: { Port: stub.port } },
      capacity: { memory: "2097152Ki", cpu: "2", pods: "20" },
      conditions: [{ type: "Ready", status: "True", reason: "Ready", lastHeartbeatTime }],
    };
    await patch(`nodes/${name}/status`, { status });
    await patch(`nodes/${name}`, { spec: { taints: null } });
  }

  /** Binds the pod that waits for a node to this node, and reports it as running. */
  async function place(node: string, restartCount = 0): Promise<string> {
    const waiting = await eventually("a pod without a node", 20, async () =>
      (await pods()).find((each) => text(each, "spec", "nodeName") === ""),
    );
    const name = nameOf(waiting);
    const target = { apiVersion: "v1", kind: "Node", name: node };
    const pod = `namespaces/${namespace}/pods/${name}`;
    await create(`${pod}/binding`, { apiVersion: "v1", kind: "Binding", metadata: { name }, target });
    const container = { name: "main", image: "i", imageID: "i", ready: true, restartCount, state: { running: {} } };
    const conditions = [{ type: "Ready", status: "True" }];
    const startTime = "2030-01-01T00:00:00Z";
    await patch(`${pod}/status`, {
      status: { phase: "Running", startTime, conditions, containerStatuses: [container] },
    });
    kubelet(node).pods = [...kubelet(node).pods, name];
    return name;
  }

  function remove(pod: string): Promise<KubeObject> {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}`;
    return apiServer.api.request({ method: "DELETE", path, body: { gracePeriodSeconds: 0 } });
  }

  /** Gives an account exactly the viewer's rights. */
  async function account(): Promise<string> {
    const name = "viewer";
    const inside = `namespaces/${namespace}`;
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    const metadata = { name, namespace };
    await create(`${inside}/serviceaccounts`, { apiVersion: "v1", kind: "ServiceAccount", metadata });
    const subjects = [{ kind: "ServiceAccount", name, namespace }];
    const roleRef = (kind: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });
    await create(`${inside}/roles`, { metadata, rules: viewerRules() }, rbac);
    await create(`${inside}/rolebindings`, { metadata, subjects, roleRef: roleRef("Role") }, rbac);
    await create("clusterroles", { metadata: { name }, rules: viewerNodeRules() }, rbac);
    await create("clusterrolebindings", { metadata: { name }, subjects, roleRef: roleRef("ClusterRole") }, rbac);
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } };
    return text(await create(`${inside}/serviceaccounts/${name}/token`, request), "status", "token");
  }

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), "inaetics-nodes-"));
    apiServer = await ApiServer.start();
    await create("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    const access = {
      url: "",
      namespace,
      tokenFile: path.join(folder, "token"),
      caFile: path.join(folder, "ca.pem"),
    };
    const { clusters } = JSON.parse(apiServer.kubeconfig) as {
      clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
    };
    const cluster = clusters[0]?.cluster;
    writeFileSync(access.caFile, Buffer.from(cluster?.["certificate-authority-data"] ?? "", "base64"));
    writeFileSync(access.tokenFile, await account());
    for (const name of ["node-1", "node-2", "node-3"]) await addNode(name);
    const labels = { name: "inaetics-processor-celix-pod" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "i" }] } };
    await create(`namespaces/${namespace}/replicationcontrollers`, {
      apiVersion: "v1",
      kind: "ReplicationController",
      metadata: { name: "inaetics-processor-celix-controller" },
      spec: { replicas: 1, selector: labels, template },
    });
    const nothing = { queue: undefined, store: undefined, controllers: undefined, ratePercent: undefined, agents: [] };
    const totals = { accepted: null, rejected: null, results: null };
    statistics = new Statistics({
      connected: () => expect.fail("no broker here"),
      access: { ...access, url: cluster?.server ?? "" },
      current: () => snapshot({ at: 1, ...nothing, totals, problems: {} }, { producers: [], processors: {} }),
      log: { info: (line) => logged.push(line), warn: () => undefined, error: () => undefined },
      onMove: (move) => moves.push(move),
      onNodes: (all) => heard.push(all),
    });
    process.env["LOG_LEVEL"] = "silent";
    server = createServer({ unhealthy: () => undefined, unready: () => undefined, metrics: () => [] });
    statistics.routes(server);
    statistics.start();
  });
  /* eslint-disable @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way */
  after(async () => {
    statistics?.stop();
    await server?.close();
    for (const each of kubelets.values()) each.stop();
    await apiServer?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  /* eslint-enable @typescript-eslint/no-unnecessary-condition */

  let first: string;
  let second: string;

  it("reports nodes and their pods, with the kubelets' figures", async () => {
    first = await place("node-1", 2);
    const all = await seen("the pod's figures", ([node]) => node?.pods[0]?.cpu === 0.02 && node.pods[0].ready);
    expect(all.map((each) => each.name)).to.deep.equal(["node-1", "node-2", "node-3"]);
    const figures = { cpu: 0.3, memory: 400 * MB, memoryCapacity: 2048 * MB, ready: true, address: host };
    for (const each of all) expect(each).to.include(figures);
    expect(all[0]?.pods).to.deep.equal([
      {
        name: first,
        role: "processor",
        kind: "celix",
        ready: true,
        leaving: false,
        restarts: 2,
        cpu: 0.02,
        memory: 60 * MB,
        since: Date.parse("2030-01-01T00:00:00Z"),
      },
    ]);
    expect(statistics.snapshotParts().restarts).to.equal(2);
    expect([...kubelet("node-1").asked]).to.deep.equal(["/stats/summary?only_cpu_and_memory=true"]);
  });

  it("reports the same in the reference system's shape, and to Prometheus", async () => {
    const [info] = z.parse(clusterInfoSchema, (await server.inject(`/${CLUSTER_INFO_PATH}`)).json());
    const container = { name: first, cpuUsage: 0.02, avgLoad: null, usedMem: 80 * MB, hotMem: 60 * MB };
    expect(info).to.deep.equal({ ipAddress: host, containerList: [container] });
    const metrics = await renderMetrics(statistics.metrics());
    const labels = `pod="${first}",role="processor",kind="celix",node="node-1"`;
    expect(metrics).to.include(`inaetics_pod_restarts_total{${labels}} 2\n`);
    expect(metrics).to.include(`inaetics_pod_cpu_cores{${labels}} 0.02\n`);
    expect(metrics).to.include(`inaetics_node_memory_bytes{node="node-2"} ${400 * MB}\n`);
  });

  it("reports a node without figures while its kubelet hangs or answers nonsense, and all others with them", async () => {
    kubelet("node-1").mode = "hang";
    kubelet("node-3").mode = "nonsense";
    const all = await seen("two nodes without figures", (each) => each.filter(({ cpu }) => cpu === null).length === 2);
    expect(all.map((each) => each.cpu)).to.deep.equal([null, 0.3, null]);
    expect(all[0]?.pods[0]).to.include({ name: first, ready: true, cpu: null, memory: null });
    expect(await renderMetrics(statistics.metrics())).not.to.include('inaetics_node_cpu_cores{node="node-1"}');
    for (const each of kubelets.values()) each.mode = "answer";
    await seen("all figures again", (each) => each.every(({ cpu }) => cpu === 0.3));
    for (const node of ["node-1", "node-3"]) {
      expect(logged.filter((line) => line.startsWith(`figures of node ${node}: unknown`))).to.have.length(1);
      expect(logged.filter((line) => line === `figures of node ${node}: known`)).to.have.length(1);
    }
  });

  it("reports that a lost pod's work continues in another pod", async () => {
    expect(moves).to.deep.equal([]);
    await remove(first);
    second = await place("node-2");
    await seen("the new pod", (all) => all[1]?.pods[0]?.name === second);
    const owner = "inaetics-processor-celix-controller";
    expect(moves).to.deep.equal([{ owner, from: { pod: first, node: "node-1" }, to: { pod: second, node: "node-2" } }]);
  });

  it("does not take scaling for a move", async () => {
    const scale = async (replicas: number): Promise<void> => {
      await patch(`namespaces/${namespace}/replicationcontrollers/inaetics-processor-celix-controller`, {
        spec: { replicas },
      });
    };
    await scale(2);
    const third = await place("node-3");
    await seen("the third pod", (all) => all[2]?.pods[0]?.name === third);
    await scale(1);
    // Without a kubelet nothing ends pods: the test ends the pod that the controller deleted.
    const ended = await eventually("a pod given up", 20, async () =>
      (await pods()).find((each) => at(each, "metadata", "deletionTimestamp") !== undefined),
    );
    await remove(nameOf(ended));
    await seen("one pod", (all) => all.flatMap((each) => each.pods).length === 1);
    await scale(2);
    const fourth = await place("node-1");
    await seen("the fourth pod", (all) => all[0]?.pods[0]?.name === fourth);
    expect(moves).to.have.length(1);
  });

  it("reports which node is upgraded and cordoned, its version, and which pods are leaving", async () => {
    const untouched = { upgrading: null, unschedulable: false, kubeletVersion: null };
    const pod = (await nodes())[0]?.pods[0]?.name ?? expect.fail("no pod on node-1");
    for (const each of await nodes()) expect(each).to.include(untouched);
    expect(statistics.snapshotParts().upgrades).to.deep.equal({});

    await patch("nodes/node-1/status", { status: { nodeInfo: { kubeletVersion: "v1.37.1" } } });
    const annotate = (version: string | null): object => ({ annotations: { [UPGRADING_ANNOTATION]: version } });
    await patch("nodes/node-1", { metadata: annotate("v1.37.2"), spec: { unschedulable: true } });
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod, namespace } };
    await create(`namespaces/${namespace}/pods/${pod}/eviction`, eviction);
    const all = await seen("the upgrade", ([node]) => node?.upgrading !== null && node?.pods[0]?.leaving === true);
    expect(all[0]).to.include({ upgrading: "v1.37.2", unschedulable: true, kubeletVersion: "v1.37.1" });
    expect(all[0]?.pods[0]).to.include({ name: pod, ready: false });
    for (const each of all.slice(1)) expect(each).to.include(untouched);
    expect(statistics.snapshotParts().upgrades).to.deep.equal({ "node-1": "v1.37.2" });
    expect(heard.at(-1)?.map(({ name, upgrading }) => [name, upgrading])).to.deep.equal([
      ["node-1", "v1.37.2"],
      ["node-2", null],
      ["node-3", null],
    ]);

    await remove(pod);
    await patch("nodes/node-1/status", { status: { nodeInfo: { kubeletVersion: "v1.37.2" } } });
    await patch("nodes/node-1", { metadata: annotate(null), spec: { unschedulable: null } });
    const after = await seen("its end", ([node]) => node?.upgrading === null && !node.unschedulable);
    expect(after[0]).to.deep.include({ ...untouched, kubeletVersion: "v1.37.2", pods: [] });
    expect(statistics.snapshotParts().upgrades).to.deep.equal({});
  });

  it("answers 503 with the reason while the API server is away, and recovers", async () => {
    await apiServer.goAway();
    const answer = await eventually("503", 40, async () => {
      const last = await server.inject(`/${NODES_PATH}`);
      return last.statusCode === 503 && last;
    });
    expect(answer.json<{ detail: string }>().detail).to.match(/nodes are not known: the API server cannot be asked/);
    expect(statistics.snapshotParts()).to.include({ restarts: null, upgrades: null });
    await apiServer.comeBack();
    await seen("the nodes again", (all) => all.length === 3 && statistics.snapshotParts().restarts !== null);
  });
});
