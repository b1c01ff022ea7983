/** Waits until a cluster whose boxes were started is whole again. */
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "@inaetics/base";
import { clusterCommand, Context, getObjects, namespace } from "@inaetics/stack";
import { Failure, type Step } from "@inaetics/workstation";
import { runOnBox } from "../boxes/ssh";

/** Parts of a node, a node's lease or a controller that are read here. */
export interface ReadObject {
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly renewTime?: string; readonly replicas?: number };
  readonly status?: {
    readonly readyReplicas?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/**
 * Returns the nodes that do not answer yet. A node counts when it is Ready and has renewed its lease since `started`:
 * right after a start, the API server still shows the state from before the stop. Pure.
 */
export function openNodes(
  wanted: readonly string[],
  nodes: readonly ReadObject[],
  leases: readonly ReadObject[],
  started: number,
): readonly string[] {
  const isReady = (name: string) =>
    nodes
      .find(({ metadata }) => metadata.name === name)
      ?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  const renewed = (name: string) =>
    Date.parse(leases.find(({ metadata }) => metadata.name === name)?.spec?.renewTime ?? "") > started;
  return wanted.filter((name) => !isReady(name) || !renewed(name));
}

/** Returns the workloads with fewer ready pods than requested, as `NAME 1 of 2`. Pure. */
export function openWorkloads(workloads: readonly ReadObject[]): readonly string[] {
  return workloads.flatMap(({ metadata, spec, status }) => {
    const [ready, requested] = [status?.readyReplicas ?? 0, spec?.replicas ?? 0];
    return ready === requested ? [] : [`${metadata.name} ${ready} of ${requested}`];
  });
}

/** Waits until all nodes answer again. @param started time of the boxes' start, by the boxes' and this machine's clock */
export async function waitForNodes(context: Context, wanted: readonly string[], started: number, step: Step) {
  const read = async () => {
    const [nodes, leases] = await Promise.all([
      getObjects<ReadObject>(context, ["nodes"]),
      getObjects<ReadObject>(context, ["leases", "--namespace=kube-node-lease"]),
    ]);
    return openNodes(wanted, nodes, leases, started);
  };
  await until(context, "nodes", 180_000, step, read, async () => {
    const open = await read();
    return (await Promise.all(open.map((node) => explainNode(context, node)))).join("\n");
  });
  step.done(`${wanted.length} Ready`);
}

/** Says which service of a node does not work, by the node's own check. */
async function explainNode(context: Context, node: string): Promise<string> {
  const check = "sudo /opt/inaetics/vagrant/scripts/wait-for apiserver flannel kubelet kube-proxy --timeout 1 2>&1";
  const output = await runOnBox(context, node, `${check} || true`).catch(messageOf);
  const failed = output.split("\n").filter((line) => !line.includes(": OK"));
  return [`${node}:`, ...failed].filter((line) => line.trim() !== "").join("\n  ");
}

/** Waits until all pods of all workloads are ready. */
export async function waitForWorkloads(context: Context, step: Step): Promise<void> {
  const kinds = "replicationcontrollers,statefulsets";
  await until(context, "workloads", 240_000, step, async () =>
    openWorkloads(await getObjects<ReadObject>(context, [kinds, `--namespace=${namespace}`])),
  );
}

/** Repeats `read` until nothing is open; shows what is. After the time limit, `explain` adds the reasons. */
async function until(
  context: Context,
  parts: string,
  milliseconds: number,
  step: Step,
  read: () => Promise<readonly string[]>,
  explain?: () => Promise<string>,
): Promise<void> {
  const deadline = Date.now() + milliseconds;
  let last: string;
  for (;;) {
    try {
      const open = await read();
      if (open.length === 0) return;
      last = open.join(", ");
    } catch (error) {
      last = messageOf(error);
    }
    step.detail(last);
    if (Date.now() > deadline) {
      const reasons = await explain?.().catch(messageOf);
      throw new Failure(
        `not all ${parts} are ready within ${milliseconds / 1000} s: ${last}${reasons ? `\n${reasons}` : ""}`,
        `Check: ${clusterCommand(context)} status. It can be repeated: ${clusterCommand(context)} start`,
      );
    }
    await sleep(500);
  }
}
