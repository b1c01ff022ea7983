/**
 * Stands in for scheduler and kubelets, without running anything: binds pods to a node, reports the state that the
 * image's name asks for ("ok": ready, "broken": cannot be pulled, "done": succeeded, "fails": failed), and ends deleted
 * pods.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Api, isNotFound } from "./api";
import { at, KubeObject, list, nameOf, namespaceOf, text } from "./objects";

const node = "node";
const roundMs = 150;

export class Kubelet {
  private running: Promise<void> | undefined;
  private stopped = false;
  private addresses = 0;
  /** Images that were broken and can be pulled from now on. */
  readonly healed = new Set<string>();

  constructor(private readonly api: Api) {}

  async start(): Promise<void> {
    const body = { apiVersion: "v1", kind: "Node", metadata: { name: node } };
    await this.api.request({ method: "POST", path: "/api/v1/nodes", body });
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      // Some tests make the API server unreachable.
      await this.round().catch(() => undefined);
      await sleep(roundMs);
    }
  }

  private async round(): Promise<void> {
    await this.heartbeat();
    const pods = list(await this.api.request({ method: "GET", path: "/api/v1/pods" }), "items");
    await Promise.all(
      pods.map((pod) =>
        this.serve(pod).catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        }),
      ),
    );
  }

  private async heartbeat(): Promise<void> {
    const lastHeartbeatTime = new Date().toISOString().replace(/\.\d+/, "");
    const condition = { type: "Ready", status: "True", reason: "Ready", lastHeartbeatTime };
    await this.patch(`/api/v1/nodes/${node}/status`, { status: { conditions: [condition] } });
    await this.patch(`/api/v1/nodes/${node}`, { spec: { taints: null } });
  }

  private async serve(pod: KubeObject): Promise<void> {
    const path = `/api/v1/namespaces/${namespaceOf(pod)}/pods/${nameOf(pod)}`;
    if (at(pod, "metadata", "deletionTimestamp") !== undefined) {
      await this.api.request({ method: "DELETE", path, body: { gracePeriodSeconds: 0 } });
    } else if (text(pod, "spec", "nodeName") === "") {
      const target = { apiVersion: "v1", kind: "Node", name: node };
      const body = { apiVersion: "v1", kind: "Binding", metadata: { name: nameOf(pod) }, target };
      await this.api.request({ method: "POST", path: `${path}/binding`, body });
    } else {
      await this.report(pod, path);
    }
  }

  private async report(pod: KubeObject, path: string): Promise<void> {
    const image = text(list(pod, "spec", "containers")[0], "image");
    const phase = this.phaseOf(image);
    const reported = text(list(pod, "status", "containerStatuses")[0], "image") !== "";
    if (reported && text(pod, "status", "phase") === phase) return;
    const podIP = text(pod, "status", "podIP") || `10.98.0.${++this.addresses}`;
    const ready = String(phase === "Running").replace(/^./, (letter) => letter.toUpperCase());
    const message = phase === "Pending" ? "containers with unready status: [main]" : "";
    const conditions = ["Initialized", "ContainersReady", "Ready"].map((type) => ({
      type,
      status: type === "Initialized" ? "True" : ready,
      message: type === "Initialized" ? "" : message,
      lastTransitionTime: new Date().toISOString().replace(/\.\d+/, ""),
    }));
    const main = {
      name: "main",
      image,
      imageID: image,
      restartCount: 0,
      ready: phase === "Running",
      state: stateOf(phase),
    };
    const status = { phase, podIP, podIPs: [{ ip: podIP }], conditions, containerStatuses: [main] };
    await this.patch(`${path}/status`, { status });
  }

  private phaseOf(image: string): string {
    if (image.startsWith("done")) return "Succeeded";
    if (image.startsWith("fails")) return "Failed";
    return image.startsWith("broken") && !this.healed.has(image) ? "Pending" : "Running";
  }

  private async patch(path: string, body: unknown): Promise<void> {
    const contentType = "application/strategic-merge-patch+json";
    await this.api.request({ method: "PATCH", path, body, contentType });
  }
}

function stateOf(phase: string): unknown {
  const at = new Date().toISOString().replace(/\.\d+/, "");
  switch (phase) {
    case "Running":
      return { running: { startedAt: at } };
    case "Pending":
      return { waiting: { reason: "ImagePullBackOff", message: "Back-off pulling image" } };
    default:
      return {
        terminated: { exitCode: phase === "Failed" ? 1 : 0, reason: phase === "Failed" ? "Error" : "Completed" },
      };
  }
}
