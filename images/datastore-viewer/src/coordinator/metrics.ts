import { gauge, type Metric } from "@inaetics/service";

/** Metrics of this instance as coordinator for Prometheus. */
export function coordinatorMetrics(
  decisions: readonly { readonly policy: string; readonly action: string; readonly count: number }[],
  leading: boolean,
  dropped: number,
): readonly Metric[] {
  return [
    {
      type: "counter",
      name: "inaetics_scaling_decisions_total",
      help: "Decisions of this instance while it coordinated",
      values: decisions.map(({ policy, action, count }) => ({ labels: { policy, action }, value: count })),
    },
    gauge("inaetics_coordinator_leading", "1 on the instance that scales", leading ? 1 : 0),
    gauge("inaetics_events_dropped", "Events given up while the broker was away", dropped),
  ];
}
