import type { DataPathSnapshot, RoleReplicas } from "@inaetics/model";
import { counter, gauge, type Metric } from "@inaetics/service";

/** Metrics of the snapshot for Prometheus; unknown values are left out. */
export function pageMetrics(now: DataPathSnapshot, viewers: number): readonly Metric[] {
  const ratio = now.queue === null ? null : now.queue.depth / now.queue.capacity;
  const filled = now.store === null ? null : now.store.kept / now.store.capacity;
  const oldest = now.queue === null ? null : now.queue.oldestMs / 1000;
  const slope = now.queue?.slope ?? null;
  return [
    counter("inaetics_samples_accepted_total", "Samples that the queue accepted", now.accepted),
    counter("inaetics_samples_rejected_total", "Samples that the full queue refused", now.rejected),
    counter("inaetics_results_total", "Results stored", now.results),
    gauge("inaetics_queue_depth", "Samples in the queue", now.queue?.depth ?? null),
    gauge("inaetics_queue_utilisation_ratio", "Fill of the queue, 1 is full", ratio),
    gauge("inaetics_queue_slope", "Change of the queue's fill, percentage points per second", slope),
    gauge("inaetics_queue_oldest_seconds", "Age of the oldest sample", oldest),
    gauge("inaetics_queue_stuck", "Samples that are not delivered again though processors ask", now.stuck ?? null),
    gauge("inaetics_production_rate", "Samples accepted per second", now.productionRate),
    gauge("inaetics_processing_rate", "Results stored per second", now.processingRate),
    gauge("inaetics_store_utilisation_ratio", "Fill of the data store, 1 is full", filled),
    gauge("inaetics_store_kept", "Results in the data store", now.store?.kept ?? null),
    gauge("inaetics_sample_rate_percent", "Set rate of the producers", now.ratePercent),
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
    gauge("inaetics_viewers", "Open pages", viewers),
  ];
}

function states(replicas: RoleReplicas, labels: Readonly<Record<string, string>>): Metric["values"] {
  return [
    { labels: { ...labels, state: "running" }, value: replicas.running },
    { labels: { ...labels, state: "requested" }, value: replicas.requested },
  ];
}
