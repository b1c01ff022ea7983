import { targetStateSchema, type TargetView } from "@inaetics/model";
import { counter, gauge, type Metric } from "@inaetics/service";

/** Figures that provisioning counts; null: not known yet. */
export interface Figures {
  readonly artifacts: number | null;
  readonly targets: readonly TargetView[] | null;
  readonly served: number;
  readonly events: number | null;
}

export function provisioningMetrics({ artifacts, targets, served, events }: Figures): readonly Metric[] {
  const prefix = "inaetics_provisioning";
  const states = targetStateSchema.options.map((state) => ({
    labels: { state },
    value: targets?.filter((each) => each.state === state).length ?? null,
  }));
  return [
    gauge(`${prefix}_artifacts`, "Versions of artifacts", artifacts),
    { type: "gauge", name: `${prefix}_targets`, help: "Agents by state", values: states },
    counter(`${prefix}_deployments_served_total`, "Deployment packages sent by this process", served),
    counter(`${prefix}_audit_events_total`, "Events stored in the audit log", events),
  ];
}
