import type { QueueAnswer } from "@inaetics/model";
import { counter, gauge, type Metric } from "@inaetics/service";

/** The queue's figures for Prometheus; what is not known is left out. */
export function queueMetrics(figures: QueueAnswer | undefined): readonly Metric[] {
  const ratio = figures === undefined ? null : figures.depth / figures.capacity;
  const oldest = figures === undefined ? null : figures.oldestMs / 1000;
  const redelivered = figures?.redelivered ?? null;
  const stuck = figures?.stuck;
  return [
    counter("inaetics_samples_accepted_total", "Samples that the queue accepted", figures?.accepted ?? null),
    counter("inaetics_samples_rejected_total", "Samples that the full queue refused", figures?.rejected ?? null),
    gauge("inaetics_queue_depth", "Samples in the queue", figures?.depth ?? null),
    gauge("inaetics_queue_capacity", "Samples that fit in the queue", figures?.capacity ?? null),
    gauge("inaetics_queue_utilisation_ratio", "Fill of the queue, 1 is full", ratio),
    gauge("inaetics_queue_in_flight", "Samples delivered and not yet acknowledged", figures?.inFlight ?? null),
    gauge("inaetics_queue_redelivered", "Samples delivered more than once and still waiting", redelivered),
    gauge("inaetics_queue_oldest_seconds", "Age of the oldest sample", oldest),
    gauge("inaetics_queue_stuck", "Samples that are not delivered again though processors ask", stuck?.count ?? null),
    counter("inaetics_samples_repaired_total", "Stuck samples that were processed after all", stuck?.repaired ?? null),
  ];
}
