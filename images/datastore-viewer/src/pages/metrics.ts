import type { Metric } from "@inaetics/service";
import type { Replicas, Snapshot } from "./snapshot";
import type { AgentRate } from "./statistics/agents";
import type { NodeState } from "./statistics/nodes";
import type { SnapshotParts } from "./statistics/statistics";

/** Metrics of the snapshot for Prometheus; unknown values are left out. */
export function viewerMetrics(now: Snapshot, viewers: number): readonly Metric[] {
  const ratio = now.queue === null ? null : now.queue.depth / now.queue.capacity;
  return [
    one("counter", "inaetics_samples_accepted_total", "Samples that the queue accepted", now.accepted),
    one("counter", "inaetics_samples_rejected_total", "Samples that the full queue refused", now.rejected),
    one("counter", "inaetics_results_total", "Results stored", now.results),
    one("gauge", "inaetics_queue_depth", "Samples in the queue", now.queue?.depth ?? null),
    one("gauge", "inaetics_queue_utilisation_ratio", "Fill of the queue, 1 is full", ratio),
    one("gauge", "inaetics_store_kept", "Results in the data store", now.store?.kept ?? null),
    one("gauge", "inaetics_sample_rate_percent", "Set rate of the producers", now.ratePercent),
    {
      type: "gauge",
      name: "inaetics_processors",
      help: "Processors by kind and state",
      values: Object.entries(now.processorsByKind ?? {}).flatMap(([kind, replicas]) => states(replicas, { kind })),
    },
    {
      type: "gauge",
      name: "inaetics_producers",
      help: "Producers by state",
      values: now.producers === null ? [] : states(now.producers, {}),
    },
    one("gauge", "inaetics_viewers", "Open pages", viewers),
  ];
}

/** Metrics of the statistics for Prometheus; unknown values are left out. */
export function statisticsMetrics(
  now: Snapshot,
  parts: SnapshotParts,
  agents: readonly AgentRate[],
  nodes: readonly NodeState[] | undefined,
): readonly Metric[] {
  const filled = now.store === null ? null : now.store.kept / now.store.capacity;
  const used = parts.utilisation === null ? null : parts.utilisation / 100;
  return [
    one(
      "gauge",
      "inaetics_queue_slope",
      "Change of the queue's fill, percentage points per second",
      now.queue?.slope ?? null,
    ),
    one("gauge", "inaetics_queue_oldest_seconds", "Age of the oldest sample", seconds(now.queue?.oldestMs ?? null)),
    one("gauge", "inaetics_store_utilisation_ratio", "Fill of the data store, 1 is full", filled),
    one("gauge", "inaetics_production_rate", "Samples accepted per second", now.productionRate),
    one("gauge", "inaetics_processing_rate", "Results stored per second", now.processingRate),
    one("gauge", "inaetics_producers_utilisation_ratio", "What producers make of what they could", used),
    one("counter", "inaetics_samples_redelivered_total", "Deliveries of samples after their first", parts.redelivered),
    {
      type: "gauge",
      name: "inaetics_latency_seconds",
      help: "Time from a sample to its stored result, over the last 10 s",
      values: Object.entries(quantiles).map(([key, quantile]) => {
        return { labels: { quantile }, value: seconds(parts.latency[key as keyof typeof quantiles]) };
      }),
    },
    ...agentMetrics(agents),
    ...nodeMetrics(nodes ?? []),
    ...podMetrics(nodes ?? []),
  ];
}

const quantiles = { p50: "0.5", p95: "0.95", p99: "0.99" } as const;

function agentMetrics(agents: readonly AgentRate[]): readonly Metric[] {
  const labelled = agents.map(({ pod, report, rate }) => ({ labels: { pod, kind: report.kind }, report, rate }));
  return [
    {
      type: "gauge",
      name: "inaetics_agent_rate",
      help: "Samples that an agent made or processed per second, measured over 5 s",
      values: labelled.map(({ labels, rate }) => ({ labels, value: rate })),
    },
    {
      type: "counter",
      name: "inaetics_agent_samples_total",
      help: "Samples of an agent since its start, by what became of them",
      values: labelled.flatMap(({ labels, report }) =>
        (["accepted", "rejected", "processed"] as const).map((outcome) => {
          return { labels: { ...labels, outcome }, value: report[outcome] ?? null };
        }),
      ),
    },
  ];
}

function nodeMetrics(nodes: readonly NodeState[]): readonly Metric[] {
  const gauge = (name: string, help: string, value: (node: NodeState) => number | null): Metric => {
    return {
      type: "gauge",
      name,
      help,
      values: nodes.map((each) => ({ labels: { node: each.name }, value: value(each) })),
    };
  };
  return [
    gauge("inaetics_node_ready", "1 when the node is ready", ({ ready }) => (ready ? 1 : 0)),
    gauge("inaetics_node_cpu_cores", "Cores in use on a node", ({ cpu }) => cpu),
    gauge("inaetics_node_memory_bytes", "Memory in use on a node", ({ memory }) => memory),
    gauge("inaetics_node_memory_capacity_bytes", "Memory of a node", ({ memoryCapacity }) => memoryCapacity),
  ];
}

function podMetrics(nodes: readonly NodeState[]): readonly Metric[] {
  const pods = nodes.flatMap((node) =>
    node.pods.map((pod) => ({ labels: { pod: pod.name, role: pod.role, kind: pod.kind, node: node.name }, pod })),
  );
  return [
    {
      type: "counter",
      name: "inaetics_pod_restarts_total",
      help: "How often a pod's containers were started again",
      values: pods.map(({ labels, pod }) => ({ labels, value: pod.restarts })),
    },
    {
      type: "gauge",
      name: "inaetics_pod_cpu_cores",
      help: "Cores in use by a pod",
      values: pods.map(({ labels, pod }) => ({ labels, value: pod.cpu })),
    },
    {
      type: "gauge",
      name: "inaetics_pod_memory_bytes",
      help: "Memory in use by a pod",
      values: pods.map(({ labels, pod }) => ({ labels, value: pod.memory })),
    },
  ];
}

function seconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1000;
}

function states(replicas: Replicas, labels: Readonly<Record<string, string>>): Metric["values"] {
  return [
    { labels: { ...labels, state: "running" }, value: replicas.running },
    { labels: { ...labels, state: "requested" }, value: replicas.requested },
  ];
}

function one(type: Metric["type"], name: string, help: string, value: number | null): Metric {
  return { type, name, help, values: [{ value }] };
}
