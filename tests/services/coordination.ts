/** Environment for tests of the coordinator: a namespace of a real API server with its controllers, and a queue. */
import { writeFileSync } from "node:fs";
import type * as http from "node:http";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiServer } from "../support/apiserver";
import { StandIn } from "../support/http";
import { makeNamespace } from "../support/server";
import { controllersOf, viewerRules } from "@inaetics/model";

const ACCOUNT = "viewer";

const [processors, producers] = [controllersOf("processor"), controllersOf("producer")];
export const controllers = {
  felix: processors.felix,
  celix: processors.celix,
  producers: producers.felix,
  celixProducers: producers.celix,
} as const;
export type Controller = keyof typeof controllers;

/** The part of a cluster that the coordinator works with. */
export class Coordinated {
  private constructor(
    private readonly server: ApiServer,
    private readonly namespace: string,
    /** Environment variables with which a viewer reaches the API server. */
    readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** @param folder for the files of the service account */
  static async make(server: ApiServer, namespace: string, folder: string): Promise<Coordinated> {
    await makeNamespace(server, namespace);
    const kubeconfig = JSON.parse(server.kubeconfig) as {
      clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
    };
    const cluster = kubeconfig.clusters[0]?.cluster;
    const files = { token: path.join(folder, "token"), authority: path.join(folder, "ca.crt") };
    writeFileSync(files.authority, Buffer.from(cluster?.["certificate-authority-data"] ?? "", "base64"));
    const made = new Coordinated(server, namespace, {
      POD_NAMESPACE: namespace,
      KUBERNETES_URL: cluster?.server ?? "",
      KUBERNETES_TOKEN_FILE: files.token,
      KUBERNETES_CA_FILE: files.authority,
    });
    writeFileSync(files.token, await made.account());
    for (const [kind, name] of Object.entries(controllers)) await made.controller(name, kind === "felix" ? 1 : 0);
    return made;
  }

  /** Requested and ready replicas by controller. */
  async replicas(): Promise<Readonly<Record<Controller, { requested: number; ready: number }>>> {
    const entries = Object.entries(controllers).map(async ([kind, name]) => {
      const { spec, status } = (await this.request("GET", `${this.core("replicationcontrollers")}/${name}`)) as {
        spec: { replicas?: number };
        status?: { readyReplicas?: number };
      };
      return [kind, { requested: spec.replicas ?? 0, ready: status?.readyReplicas ?? 0 }] as const;
    });
    return Object.fromEntries(await Promise.all(entries)) as Record<Controller, { requested: number; ready: number }>;
  }

  /** Requested processors: Felix, Celix. */
  async processors(): Promise<readonly [number, number]> {
    const { felix, celix } = await this.replicas();
    return [felix.requested, celix.requested];
  }

  async scale(kind: Controller, replicas: number): Promise<void> {
    const path = `${this.core("replicationcontrollers")}/${controllers[kind]}/scale`;
    await this.request("PATCH", path, { spec: { replicas } });
  }

  /** Writes the policy's text, as Pulumi does. */
  async configure(text: string): Promise<void> {
    const data = { "policy.json": text };
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "inaetics-autoscaler" }, data };
    const path = this.core("configmaps");
    await this.request("PATCH", `${path}/inaetics-autoscaler`, { data }).catch(() => this.request("POST", path, body));
  }

  /** Deletes the policy, as Pulumi does when the autoscaler is no longer in the program. */
  async unconfigure(): Promise<void> {
    await this.request("DELETE", `${this.core("configmaps")}/inaetics-autoscaler`);
  }

  /** Name of the viewer that holds the lease. */
  async leader(): Promise<string> {
    const lease = (await this.request(
      "GET",
      `/apis/coordination.k8s.io/v1/namespaces/${this.namespace}/leases/inaetics-coordinator`,
    )) as { spec: { holderIdentity?: string } };
    return lease.spec.holderIdentity ?? "";
  }

  /** Messages of the Kubernetes Events that the coordinator made. */
  async kubernetesEvents(): Promise<readonly string[]> {
    const { items } = (await this.request("GET", this.core("events"))) as {
      items: { reason: string; message: string; source?: { component?: string } }[];
    };
    const own = items.filter((each) => each.source?.component === "inaetics-coordinator");
    return own.map(({ reason, message }) => `${reason}: ${message}`);
  }

  private async account(): Promise<string> {
    const accounts = this.core("serviceaccounts");
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${this.namespace}`;
    const group = { apiGroup: "rbac.authorization.k8s.io" };
    const metadata = { name: ACCOUNT };
    await this.request("POST", accounts, { apiVersion: "v1", kind: "ServiceAccount", metadata });
    await this.request("POST", `${rbac}/roles`, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata,
      rules: viewerRules(),
    });
    await this.request("POST", `${rbac}/rolebindings`, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata,
      roleRef: { ...group, kind: "Role", name: ACCOUNT },
      subjects: [{ kind: "ServiceAccount", name: ACCOUNT, namespace: this.namespace }],
    });
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
    const { status } = (await this.request("POST", `${accounts}/${ACCOUNT}/token`, body)) as {
      status: { token: string };
    };
    return status.token;
  }

  private async controller(name: string, replicas: number): Promise<void> {
    const labels = { name };
    const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "ok" }] } };
    const spec = { replicas, selector: labels, template };
    const body = { apiVersion: "v1", kind: "ReplicationController", metadata: { name }, spec };
    await this.request("POST", this.core("replicationcontrollers"), body);
  }

  private core(resource: string): string {
    return `/api/v1/namespaces/${this.namespace}/${resource}`;
  }

  private request(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<unknown> {
    const contentType = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    return this.server.api.request({ method, path, body, contentType });
  }
}

/** Figures of a queue with too much load for any number of processors, all of which work, and of one almost without load. */
export const busy = { utilisation: 40, slope: 1, putRate: 900, takeRate: 100 };
export const idle = { utilisation: 0, slope: 0, putRate: 10, takeRate: 10 };

type Trouble = "error" | "garbage" | "nonsense" | "slow" | "endless" | "closed";

/** Stands in for the queue agent: reports the figures that the test sets, or fails. */
export class FakeQueue extends StandIn {
  utilisation = idle.utilisation;
  slope = idle.slope;
  putRate = idle.putRate;
  takeRate = idle.takeRate;
  rejected = 0;
  trouble: Trouble | undefined;
  asked = 0;

  get url(): string {
    return `http://127.0.0.1:${this.port}/queue`;
  }

  protected async answer(_request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    this.asked++;
    const capacity = 10_000;
    const { utilisation, slope, putRate, takeRate, rejected } = this;
    const rates = { slope, putRate, takeRate, rejected, oldestMs: 0 };
    const figures = { at: Date.now(), capacity, depth: (capacity * utilisation) / 100, utilisation, ...rates };
    if (this.trouble === "closed") response.destroy();
    else if (this.trouble === "error") response.writeHead(500).end(JSON.stringify(figures));
    else if (this.trouble === "garbage") response.end("<html>");
    else if (this.trouble === "nonsense") response.end(JSON.stringify({ ...figures, capacity: 0, depth: -1 }));
    else if (this.trouble === "slow") await sleep(3000).then(() => response.end(JSON.stringify(figures)));
    else if (this.trouble === "endless") {
      while (!response.destroyed) {
        response.write("x".repeat(16_384));
        await sleep(5);
      }
    } else response.end(JSON.stringify(figures));
  }
}
