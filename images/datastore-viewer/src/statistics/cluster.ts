import { messageWithCause, type Log } from "@inaetics/base";
import type { NodeState } from "@inaetics/model";
import { KubernetesClient, Poller, readControllers, type KubernetesAccess } from "@inaetics/service";
import { movesBetween, type Move, type Placed, type Placement } from "./moves";
import {
  assemble,
  readNodes,
  readPods,
  readSummary,
  restartsOf,
  upkeepOf,
  type ListedNode,
  type ListedPod,
  type Summary,
} from "./nodes";

const INTERVAL_MS = 5000;
/** Time in ms to wait for a node. A node that answers later is shown without its figures. */
const NODE_TIMEOUT_MS = 3000;
const LIST_TIMEOUT_MS = 4000;
const FRESH_MS = 15_000;
/** Number of connections: enough that a few nodes that hang do not delay others. */
const CONNECTIONS = 16;

interface Poll {
  readonly nodes: readonly ListedNode[];
  readonly pods: readonly ListedPod[];
  readonly summaries: ReadonlyMap<string, Summary>;
}

/** A node as each poll of the nodes finds it. */
export type ObservedNode = Pick<NodeState, "name" | "upgrading" | "kubeletVersion">;

interface ClusterDependencies {
  readonly access: KubernetesAccess | undefined;
  readonly log: Log;
  readonly onMove?: (move: Move, upgrading: boolean) => void;
  readonly onNodes?: (nodes: readonly ObservedNode[]) => void;
}

/** Polls the nodes, the pods and the kubelets' figures every 5 s. */
export class ClusterMonitor {
  private readonly client: KubernetesClient | undefined;
  private readonly poller: Poller<Poll>;
  private readonly silent = new Map<string, string>();
  private placement: Placement | undefined;

  constructor(private readonly dependencies: ClusterDependencies) {
    const { access, log } = dependencies;
    this.client = access === undefined ? undefined : new KubernetesClient(access, CONNECTIONS);
    this.poller = new Poller({
      intervalMs: INTERVAL_MS,
      timeoutMs: LIST_TIMEOUT_MS + NODE_TIMEOUT_MS + 500,
      read: () => this.poll(),
      onChange: (error) => log.info(error === undefined ? "nodes: known" : `nodes: unknown: ${error}`),
    });
  }

  start(): void {
    this.poller.start();
  }

  stop(): void {
    this.poller.stop();
    this.client?.close();
  }

  /** Nodes with their pods; undefined when the API server does not answer. */
  nodes(now: number): readonly NodeState[] | undefined {
    const poll = this.poller.fresh(FRESH_MS, now);
    return poll === undefined ? undefined : assemble(poll.nodes, poll.pods, poll.summaries);
  }

  /** Reason why the nodes are not known. */
  get problem(): string {
    return this.poller.reading.error ?? "no answer yet";
  }

  /** Bytes that a pod uses, including reclaimable memory; null when not known. */
  used(node: string, pod: string): number | null {
    return this.poller.reading.value?.summaries.get(node)?.pods.get(pod)?.used ?? null;
  }

  restarts(now: number): number | null {
    const poll = this.poller.fresh(FRESH_MS, now);
    return poll === undefined ? null : poll.pods.reduce((sum, pod) => sum + restartsOf(pod), 0);
  }

  /** The Kubernetes versions that nodes are being upgraded to, by node; null when not known. */
  upgrades(now: number): Readonly<Record<string, string>> | null {
    const poll = this.poller.fresh(FRESH_MS, now);
    if (poll === undefined) return null;
    const versions = poll.nodes.map((node) => [node.metadata.name, upkeepOf(node).upgrading] as const);
    return Object.fromEntries(versions.flatMap(([name, version]) => (version === null ? [] : [[name, version]])));
  }

  private async poll(): Promise<Poll> {
    const client = this.client;
    if (client === undefined) throw new Error("this process runs outside of a Kubernetes cluster");
    const [nodeList, podList, controllers] = await Promise.all([
      client.get("/api/v1/nodes", LIST_TIMEOUT_MS),
      client.get(client.path("/api/v1", "pods"), LIST_TIMEOUT_MS),
      readControllers(client, LIST_TIMEOUT_MS),
    ]);
    const [nodes, pods] = [readNodes(nodeList), readPods(podList)];
    const observed = nodes.map((node) => ({ name: node.metadata.name, ...upkeepOf(node) }));
    this.dependencies.onNodes?.(observed);
    this.follow(pods, new Map(controllers.map(({ name, requested }) => [name, requested])), observed);
    const summaries = await Promise.all(nodes.map((node) => this.summary(client, node.metadata.name)));
    return { nodes, pods, summaries: new Map(summaries.filter((each) => each !== undefined)) };
  }

  /**
   * Figures of a kubelet; undefined when it does not answer in time. The log reports each failure and each recovery
   * once.
   */
  private async summary(client: KubernetesClient, node: string): Promise<readonly [string, Summary] | undefined> {
    const path = `/api/v1/nodes/${encodeURIComponent(node)}/proxy/stats/summary?only_cpu_and_memory=true`;
    try {
      const summary = readSummary(await client.get(path, NODE_TIMEOUT_MS), client.access.namespace);
      this.report(node, undefined);
      return [node, summary];
    } catch (error) {
      this.report(node, messageWithCause(error));
      return undefined;
    }
  }

  private report(node: string, problem: string | undefined): void {
    const before = this.silent.get(node);
    if (problem === undefined) this.silent.delete(node);
    else this.silent.set(node, problem);
    if ((before === undefined) === (problem === undefined)) return;
    this.dependencies.log.info(`figures of node ${node}: ${problem === undefined ? "known" : `unknown: ${problem}`}`);
  }

  private follow(
    pods: readonly ListedPod[],
    wanted: ReadonlyMap<string, number>,
    nodes: readonly ObservedNode[],
  ): void {
    const { moves, placement } = movesBetween(
      this.placement,
      pods.flatMap(placed),
      (owner) => wanted.get(owner),
      Date.now(),
    );
    this.placement = placement;
    const upgrading = new Set(nodes.filter((each) => each.upgrading !== null).map(({ name }) => name));
    for (const move of moves) this.dependencies.onMove?.(move, upgrading.has(move.from.node));
  }
}

function placed({ metadata, spec, status }: ListedPod): readonly Placed[] {
  const owner = metadata.ownerReferences?.[0]?.name;
  if (owner === undefined) return [];
  const ended = status?.phase === "Failed" || status?.phase === "Succeeded";
  const live = metadata.deletionTimestamp === undefined && !ended;
  return [{ uid: metadata.uid, pod: metadata.name, owner, node: spec.nodeName ?? "", live }];
}
