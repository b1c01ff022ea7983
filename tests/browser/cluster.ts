/**
 * Stands in for the Kubernetes API: controllers whose pods come and go as they are scaled, nodes with figures, the
 * lease and the policy. tests/services use the real API; here it would only make the browser wait.
 */
import { once } from "node:events";
import * as http from "node:http";
import { UPGRADING_ANNOTATION } from "@inaetics/model";

const MB = 1024 * 1024;
const namespace = "/api/v1/namespaces/inaetics";
/** Time from a pod's creation until it is ready. */
const START_MS = 1000;

export interface FakePod {
  readonly name: string;
  readonly controller: string;
  readonly node: string;
  readonly since: number;
}

type Answer = readonly [status: number, body: object];

export class FakeCluster {
  /** Requested replicas by controller. */
  readonly requested: Record<string, number> = {
    "inaetics-producer-controller": 2,
    "inaetics-producer-celix-controller": 1,
    "inaetics-processor-controller": 1,
    "inaetics-processor-celix-controller": 0,
    "inaetics-queue-controller": 2,
    "inaetics-datastore-viewer-controller": 1,
    "inaetics-node-provisioning-controller": 1,
  };
  policy: object = {};
  pods: readonly FakePod[] = [];
  readonly lost = new Set<string>();
  /** Target Kubernetes version of each box that is being upgraded, by the box's name. */
  private readonly upgrading = new Map<string, string>();
  private readonly kubelets = new Map<string, string>();
  /** Pods of boxes that are being upgraded; their replacements already run. */
  private leaving: readonly FakePod[] = [];
  private readonly nodes = ["node-1", "node-2", "node-3"];
  private lease: { metadata: { resourceVersion: string }; spec: object } | undefined;
  private server: http.Server | undefined;
  private made = 0;

  constructor(readonly port: number) {
    this.settle();
  }

  async up(): Promise<void> {
    const server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as object);
        const [status, answer] = this.answer(request.method ?? "", request.url ?? "", body);
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
      });
    });
    this.server = server.listen(this.port, "127.0.0.1");
    await once(server, "listening");
  }

  down(): void {
    this.server?.closeAllConnections();
    this.server?.close();
  }

  scale(controller: string, replicas: number): void {
    this.requested[controller] = replicas;
    this.settle();
  }

  /** Removes the box; its pods start on other boxes. */
  lose(node: string): void {
    this.lost.add(node);
    this.pods = this.pods.filter((pod) => pod.node !== node);
    this.settle();
  }

  /** Starts a box's upgrade: it takes no new pods, and its pods move to other boxes. */
  upgrade(node: string, version: string): void {
    this.upgrading.set(node, version);
    this.leaving = this.pods.filter((pod) => pod.node === node);
    this.pods = this.pods.filter((pod) => pod.node !== node);
    this.settle();
  }

  /** Ends a box's upgrade: it runs the new version and takes pods again. */
  upgraded(node: string): void {
    this.kubelets.set(node, this.upgrading.get(node) ?? "");
    this.upgrading.delete(node);
    this.leaving = [];
  }

  /** Ready pods of the controllers whose names contain `part`. */
  working(part: string): readonly FakePod[] {
    return this.pods.filter((pod) => pod.controller.includes(part) && ready(pod));
  }

  private settle(): void {
    for (const [controller, wanted] of Object.entries(this.requested)) {
      const own = this.pods.filter((pod) => pod.controller === controller);
      const others = this.pods.filter((pod) => pod.controller !== controller);
      const missing = Array.from({ length: Math.max(0, wanted - own.length) }, () => this.pod(controller));
      this.pods = [...others, ...own.slice(0, wanted), ...missing];
    }
  }

  private pod(controller: string): FakePod {
    const nodes = this.nodes.filter((node) => !this.lost.has(node) && !this.upgrading.has(node));
    const number = this.made++;
    // Kubernetes also ends pod names with five letters and digits.
    const own = (number * 7_654_321 + 12_345_678).toString(36).slice(-5).padStart(5, "x");
    const name = `${controller.replace(/-controller$/, "")}-${own}`;
    return { name, controller, node: nodes[number % nodes.length] ?? "", since: Date.now() };
  }

  private answer(method: string, url: string, body: object): Answer {
    const path = url.split("?")[0] ?? "";
    const scale = /replicationcontrollers\/([^/]+)\/scale$/.exec(path)?.[1];
    if (scale !== undefined && method === "PATCH") {
      this.scale(scale, (body as { spec: { replicas: number } }).spec.replicas);
      return [200, {}];
    }
    if (path === `${namespace}/replicationcontrollers`) return [200, { items: this.controllers() }];
    if (path === `${namespace}/pods`) return [200, { items: this.listedPods() }];
    if (path === `${namespace}/events`) return [201, {}];
    if (path === `${namespace}/configmaps/inaetics-autoscaler`) {
      return [200, { data: { "policy.json": JSON.stringify(this.policy) } }];
    }
    if (path === "/api/v1/nodes") return [200, { items: this.nodes.map((name) => this.node(name)) }];
    const node = /^\/api\/v1\/nodes\/([^/]+)\/proxy\/stats\/summary$/.exec(path)?.[1];
    if (node !== undefined && !this.lost.has(node)) return [200, this.summary(node)];
    return path.includes("/leases") ? this.leased(method, body) : [404, { message: `no ${method} ${path}` }];
  }

  private listedPods(): readonly object[] {
    const deletionTimestamp = new Date().toISOString();
    return [...this.pods.map((pod) => listed(pod)), ...this.leaving.map((pod) => listed(pod, { deletionTimestamp }))];
  }

  private controllers(): readonly object[] {
    return Object.entries(this.requested).map(([name, replicas]) => ({
      metadata: { name },
      spec: { replicas },
      status: { readyReplicas: this.pods.filter((pod) => pod.controller === name && ready(pod)).length },
    }));
  }

  private leased(method: string, body: object): Answer {
    if (method === "GET") return this.lease === undefined ? [404, {}] : [200, this.lease];
    const given = body as { metadata: { resourceVersion?: string }; spec: object };
    const version = this.lease?.metadata.resourceVersion;
    if (given.metadata.resourceVersion !== version) return [409, { message: "somebody was faster" }];
    this.lease = { metadata: { resourceVersion: String(Number(version ?? 0) + 1) }, spec: given.spec };
    return [200, this.lease];
  }

  private node(name: string): object {
    const version = this.upgrading.get(name);
    const annotations = version === undefined ? {} : { [UPGRADING_ANNOTATION]: version };
    return {
      metadata: { name, uid: name, annotations },
      spec: version === undefined ? {} : { unschedulable: true },
      status: {
        nodeInfo: { kubeletVersion: this.kubelets.get(name) ?? "v1.37.1" },
        addresses: [{ type: "InternalIP", address: `172.17.8.10${name.slice(-1)}` }],
        conditions: [{ type: "Ready", status: this.lost.has(name) ? "Unknown" : "True" }],
        capacity: { memory: "2097152Ki" },
      },
    };
  }

  private summary(node: string): object {
    const own = [...this.pods, ...this.leaving].filter((pod) => pod.node === node);
    const pods = own.map(({ name }, index) => ({
      podRef: { name, namespace: "inaetics" },
      cpu: { usageNanoCores: 12_000_000 * (index + 1) },
      memory: { workingSetBytes: (38 + 21 * index) * MB, usageBytes: 90 * MB },
    }));
    const memory = { workingSetBytes: (420 + 64 * own.length) * MB };
    return { node: { cpu: { usageNanoCores: 110_000_000 * own.length }, memory }, pods };
  }
}

function ready({ since }: FakePod): boolean {
  return Date.now() - since >= START_MS;
}

function listed(pod: FakePod, more: object = {}): object {
  const name = pod.controller.replace(/-controller$/, "-pod");
  return {
    metadata: { name: pod.name, uid: pod.name, labels: { name }, ownerReferences: [{ name: pod.controller }], ...more },
    spec: { nodeName: pod.node },
    status: {
      phase: "Running",
      startTime: new Date(pod.since).toISOString(),
      conditions: [{ type: "Ready", status: ready(pod) ? "True" : "False" }],
      containerStatuses: [{ restartCount: 0 }],
    },
  };
}
