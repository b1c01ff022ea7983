import * as pulumi from "@pulumi/pulumi";
import { callApi, controllerPath, scaleController } from "./client";

/** Annotation of pods with the hash of the template that they were made from. */
export const TEMPLATE_ANNOTATION = "inaetics.org/template";

interface Inputs {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly controller: string;
  readonly uid: string;
  readonly template: string;
  readonly replicas: number;
  readonly timeoutSeconds: number;
}

type Outs = Omit<Inputs, "kubeconfig">;

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Record<string, string>;
    readonly deletionTimestamp?: string;
  };
  readonly status?: {
    readonly conditions?: { type: string; status: string; message?: string }[];
    readonly containerStatuses?: { state?: Record<string, { reason?: string; message?: string } | undefined> }[];
  };
}

interface Controller {
  readonly spec: { readonly selector: Record<string, string>; readonly replicas?: number };
}

async function read(inputs: Inputs, path: string): Promise<unknown> {
  const answer = await callApi(inputs.kubeconfig, "GET", path);
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Reads the controller's pods that are not being deleted, and its current count, which others may scale meanwhile. */
async function look(inputs: Inputs): Promise<{ readonly pods: readonly Pod[]; readonly wanted: number }> {
  const { spec } = (await read(inputs, controllerPath(inputs.namespace, inputs.controller))) as Controller;
  const selector = Object.entries(spec.selector).map(([key, value]) => `${key}=${value}`);
  const query = encodeURIComponent(selector.join(","));
  const list = (await read(inputs, `/api/v1/namespaces/${inputs.namespace}/pods?labelSelector=${query}`)) as {
    items: Pod[];
  };
  // The API leaves out a count of 0.
  const pods = list.items.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  return { pods, wanted: spec.replicas ?? 0 };
}

/** Describes why a pod is not ready, in the words of Kubernetes. */
function complaint(pod: Pod): string {
  const waiting = (pod.status?.containerStatuses ?? []).flatMap((status) => Object.values(status.state ?? {}));
  const reasons = waiting.map((state) => [state?.reason, state?.message].filter(Boolean).join(": ")).filter(Boolean);
  const conditions = (pod.status?.conditions ?? []).filter((condition) => condition.status !== "True");
  return `${pod.metadata.name}: ${[...reasons, ...conditions.map((condition) => condition.message ?? condition.type)].join("; ") || "starting"}`;
}

function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
}

/** Waits until the wanted number of pods is ready, all of them made from the current template. */
async function converge(inputs: Inputs): Promise<void> {
  const deadline = Date.now() + inputs.timeoutSeconds * 1000;
  for (;;) {
    const { pods, wanted } = await look(inputs);
    const old = pods.filter((pod) => pod.metadata.annotations?.[TEMPLATE_ANNOTATION] !== inputs.template);
    const unready = pods.filter((pod) => !isReady(pod));
    if (pods.length === wanted && old.length === 0 && unready.length === 0) return;
    // One pod at a time, and a ready one only when all others are ready. So the role stays filled during the roll.
    const next =
      unready.find((pod) => old.includes(pod)) ?? (unready.length === 0 && pods.length === wanted ? old[0] : undefined);
    if (next !== undefined) {
      const path = `/api/v1/namespaces/${inputs.namespace}/pods/${next.metadata.name}`;
      const answer = await callApi(inputs.kubeconfig, "DELETE", path, { gracePeriodSeconds: 10 });
      if (answer.status >= 300 && answer.status !== 404)
        throw new Error(`DELETE ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    if (Date.now() > deadline) {
      throw new Error(
        `${inputs.controller}: ${pods.length - unready.length} of ${wanted} pods ready after ${inputs.timeoutSeconds} s; ${unready.map(complaint).join(" | ")}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function scale({ kubeconfig, namespace, controller, replicas }: Inputs): Promise<void> {
  return scaleController(kubeconfig, namespace, controller, replicas);
}

async function outsOf(inputs: Inputs): Promise<Outs> {
  await converge(inputs);
  const { namespace, controller, uid, template, replicas, timeoutSeconds } = inputs;
  return { namespace, controller, uid, template, replicas, timeoutSeconds };
}

/** Self-contained: Pulumi stores its serialised code in the state, so functions import the libraries that they use. */
const provider: pulumi.dynamic.ResourceProvider<Inputs, Outs> = {
  async create(inputs) {
    await scale(inputs);
    return { id: `${inputs.namespace}/${inputs.controller}`, outs: await outsOf(inputs) };
  },
  async diff(_id, olds, news) {
    const replaces = olds.namespace === news.namespace && olds.controller === news.controller ? [] : ["controller"];
    const changed = olds.uid !== news.uid || olds.template !== news.template || olds.replicas !== news.replicas;
    return { changes: replaces.length > 0 || changed, replaces };
  },
  async update(_id, olds, news) {
    // A count whose configuration did not change may have been scaled live since, so it stays.
    if (olds.replicas !== news.replicas || olds.uid !== news.uid) await scale(news);
    return { outs: await outsOf(news) };
  },
};

/** Arguments of a {@link Rollout}. */
export interface RolloutArgs {
  /** Secret. */
  readonly kubeconfig: pulumi.Input<string>;
  readonly namespace: pulumi.Input<string>;
  /** Name of the replication controller. */
  readonly controller: pulumi.Input<string>;
  /** Uid of the controller; a controller that was made again is scaled again. */
  readonly uid: pulumi.Input<string>;
  /** Hash of the template, as in {@link TEMPLATE_ANNOTATION}; pods with another hash are replaced. */
  readonly template: pulumi.Input<string>;
  /** Number of pods. Set through `/scale` only when it changes here, because others may scale it live. */
  readonly replicas: pulumi.Input<number>;
  /** Seconds until pods that are not ready fail the update; default 240. */
  readonly timeoutSeconds?: pulumi.Input<number>;
}

/**
 * Number of a replication controller's pods, and the template they are made from. A replication controller does not
 * roll its pods by itself. The count is also changed live, so it must not be a field of the controller.
 */
export class Rollout extends pulumi.dynamic.Resource {
  declare readonly replicas: pulumi.Output<number>;

  constructor(name: string, args: RolloutArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { timeoutSeconds: 240, ...args },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] }),
      "kubernetes",
      "Rollout",
    );
  }
}
