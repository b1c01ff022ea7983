import * as fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, withTimeout } from "@inaetics/base";
import { type Context, ensureKubeconfig, namespace } from "@inaetics/stack";
import { callApi } from "../../components/kubernetes/client";
import type { Snapshot } from "./recovery";

const POLL_MS = 500;
const ASK_MS = 3000;

interface Condition {
  readonly type: string;
  readonly status: string;
}

interface ListOf<T> {
  readonly items: readonly T[];
}

interface NodeObject {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions?: readonly Condition[] };
}

interface PodObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly { readonly restartCount: number }[];
  };
}

interface ControllerObject {
  readonly spec: {
    readonly replicas?: number;
    readonly template?: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
  };
}

/** State of the cluster with the addresses of its pods. */
export interface Reading extends Snapshot {
  readonly addresses: Readonly<Record<string, string>>;
}

/** Reads the cluster's state again and again by the API server, which may be away. */
export class Watch {
  private latest: Reading | undefined;
  private stopped = false;
  private problem = "";
  private readonly running: Promise<void>;

  private constructor(
    private readonly kubeconfig: string,
    private readonly onReading: (reading: Reading) => void,
  ) {
    this.running = this.run();
  }

  static async open(context: Context, onReading: (reading: Reading) => void): Promise<Watch> {
    return new Watch(fs.readFileSync(await ensureKubeconfig(context), "utf8"), onReading);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  /** Waits for a reading that was asked for after `since` (ms since 1970) and meets the condition; undefined after `deadline`. */
  async until(deadline: number, holds: (reading: Reading) => boolean): Promise<number | undefined> {
    let seen = this.latest;
    for (;;) {
      if (this.latest !== undefined && this.latest !== seen) {
        seen = this.latest;
        if (holds(seen)) return Date.now();
      }
      if (Date.now() > deadline) return undefined;
      await sleep(50);
    }
  }

  /** The newest reading. Throws when none was possible yet. */
  now(): Reading {
    if (this.latest === undefined) throw new Error(`the API server does not answer: ${this.problem}`);
    return this.latest;
  }

  /** Writes an object, as a proof that etcd takes writes. Throws while it does not. */
  async write(): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/configmaps/inaetics-verify`;
    const body = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "inaetics-verify" },
      data: { at: String(Date.now()) },
    };
    const type = "application/apply-patch+yaml";
    const query = "?fieldManager=inaetics-verify&force=true";
    const answer = await withTimeout(callApi(this.kubeconfig, "PATCH", `${path}${query}`, body, type), ASK_MS);
    if (answer.status >= 300) throw new Error(`PATCH ${path}: ${answer.status}`);
  }

  /** Removes what {@link write} made. */
  async tidy(): Promise<void> {
    await callApi(this.kubeconfig, "DELETE", `/api/v1/namespaces/${namespace}/configmaps/inaetics-verify`);
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        this.latest = await this.read();
        this.onReading(this.latest);
      } catch (error) {
        this.problem = messageOf(error);
      }
      await sleep(POLL_MS);
    }
  }

  private async list<T>(path: string): Promise<readonly T[]> {
    const { status, body } = await withTimeout(callApi(this.kubeconfig, "GET", path), ASK_MS);
    if (status !== 200) throw new Error(`GET ${path}: ${status}`);
    return (body as ListOf<T>).items;
  }

  private async read(): Promise<Reading> {
    const own = `/namespaces/${namespace}`;
    const [nodes, pods, controllers, sets] = await Promise.all([
      this.list<NodeObject>("/api/v1/nodes"),
      this.list<PodObject>(`/api/v1${own}/pods`),
      this.list<ControllerObject>(`/api/v1${own}/replicationcontrollers`),
      this.list<ControllerObject>(`/apis/apps/v1${own}/statefulsets`),
    ]);
    const wanted = [...controllers, ...sets].map(
      ({ spec }) => [spec.template?.metadata?.labels?.["name"] ?? "", spec.replicas ?? 0] as const,
    );
    return {
      nodes: nodes.filter(({ status }) => isReady(status.conditions)).map(({ metadata }) => metadata.name),
      pods: pods.map(({ metadata, spec, status }) => ({
        name: metadata.name,
        uid: metadata.uid,
        label: metadata.labels?.["name"] ?? "",
        node: spec.nodeName ?? "",
        ready: isReady(status.conditions),
        ending: metadata.deletionTimestamp !== undefined,
        restarts: (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
      })),
      wanted: Object.fromEntries(wanted),
      addresses: Object.fromEntries(pods.map(({ metadata, status }) => [metadata.name, status.podIP ?? ""])),
    };
  }
}

function isReady(conditions: readonly Condition[] = []): boolean {
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}
