import type { NodeState, StatisticsSnapshot } from "@inaetics/model";
import { counter, gauge, type Metric } from "@inaetics/service";
import type { AgentRate } from "./agents";

/** Metrics of the statistics for Prometheus; unknown values are left out. */
export function statisticsMetrics(
  parts: StatisticsSnapshot,
  agents: readonly AgentRate[],
  nodes: readonly NodeState[] | undefined,
): readonly Metric[] {
  const used = parts.utilisation === null ? null : parts.utilisation / 100;
  return [
    gauge("inaetics_producers_utilisation_ratio", "What producers make of what they could", used),
    counter("inaetics_samples_redelivered_total", "Deliveries of samples after their first", parts.redelivered),
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
  const gaugeOf = (name: string, help: string, value: (node: NodeState) => number | null): Metric => {
    return {
      type: "gauge",
      name,
      help,
      values: nodes.map((each) => ({ labels: { node: each.name }, value: value(each) })),
    };
  };
  return [
    gaugeOf("inaetics_node_ready", "1 when the node is ready", ({ ready }) => (ready ? 1 : 0)),
    gaugeOf("inaetics_node_cpu_cores", "Cores in use on a node", ({ cpu }) => cpu),
    gaugeOf("inaetics_node_memory_bytes", "Memory in use on a node", ({ memory }) => memory),
    gaugeOf("inaetics_node_memory_capacity_bytes", "Memory of a node", ({ memoryCapacity }) => memoryCapacity),
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
