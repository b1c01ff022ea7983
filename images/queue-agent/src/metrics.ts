import type { QueueFigures } from "@inaetics/samples";
import type { Metric } from "@inaetics/service";

/** The queue's figures for Prometheus; what is not known is left out. */
export function queueMetrics(figures: QueueFigures | undefined): readonly Metric[] {
  const one = (value: number | null | undefined): Metric["values"] => [{ value: value ?? null }];
  return [
    counter("inaetics_samples_accepted_total", "Samples that the queue accepted", one(figures?.accepted)),
    counter("inaetics_samples_rejected_total", "Samples that the full queue refused", one(figures?.rejected)),
    gauge("inaetics_queue_depth", "Samples in the queue", one(figures?.depth)),
    gauge("inaetics_queue_capacity", "Samples that fit in the queue", one(figures?.capacity)),
    gauge(
      "inaetics_queue_utilisation_ratio",
      "Fill of the queue, 1 is full",
      one(figures === undefined ? null : figures.depth / figures.capacity),
    ),
    gauge("inaetics_queue_in_flight", "Samples delivered and not yet acknowledged", one(figures?.inFlight)),
    gauge(
      "inaetics_queue_redelivered",
      "Samples delivered more than once and still waiting",
      one(figures?.redelivered),
    ),
    gauge("inaetics_queue_oldest_seconds", "Age of the oldest sample", one(figures && figures.oldestMs / 1000)),
  ];
}

function counter(name: string, help: string, values: Metric["values"]): Metric {
  return { type: "counter", name, help, values };
}

function gauge(name: string, help: string, values: Metric["values"]): Metric {
  return { type: "gauge", name, help, values };
}
