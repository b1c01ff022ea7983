import { decide, defaultPolicy, split, total, type Current, type Decision, type History } from "@inaetics/autoscaling";

/** Policy, or a rule to compare it with. */
export interface Contender {
  readonly name: string;
  readonly decide: (history: History, current: Current) => Decision;
}

/** The original rule, with its thresholds and flaws. The original read its queue in the same process. */
function original(history: History, current: Current): Decision {
  const requested = total(current.requested);
  const latest = history.observations.at(-1);
  const metric = latest !== undefined && "metric" in latest ? latest.metric : undefined;
  const by = metric === undefined ? 0 : originalStep(metric.slope ?? 0, metric.utilisation);
  const processors = Math.min(8, Math.max(1, requested + by));
  const action = processors > requested ? "up" : processors < requested ? "down" : "hold";
  const ready = total(current.ready);
  return { processors, kinds: split(processors), action, rule: "original", reason: "", recommended: processors, ready };
}

function originalStep(slope: number, fill: number): number {
  if (slope > 10) return 2;
  if (slope > 5) return 1;
  if (slope > -5) return fill < 10 ? -1 : fill > 35 ? 1 : 0;
  if (fill >= 35) return 0;
  return slope > -10 ? -1 : -2;
}

export const contenders: readonly Contender[] = [
  { name: "drain", decide: (history, current) => decide({ ...defaultPolicy, policy: "drain" }, history, current) },
  { name: "slope", decide: (history, current) => decide({ ...defaultPolicy, policy: "slope" }, history, current) },
  { name: "original rule", decide: original },
  { name: "always 8", decide: (history, current) => decide({ ...defaultPolicy, min: 8 }, history, current) },
];
