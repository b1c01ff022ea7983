import type { Metric } from "../../../packages/service/index";
import type { Replicas, Snapshot } from "./snapshot";

/** The snapshot for Prometheus; what is not known is left out. */
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

function states(replicas: Replicas, labels: Readonly<Record<string, string>>): Metric["values"] {
  return [
    { labels: { ...labels, state: "running" }, value: replicas.running },
    { labels: { ...labels, state: "requested" }, value: replicas.requested },
  ];
}

function one(type: Metric["type"], name: string, help: string, value: number | null): Metric {
  return { type, name, help, values: [{ value }] };
}
