import type { DataPathSnapshot, Series, SeriesDescription, StatisticSeries, StatisticsSnapshot } from "@inaetics/model";
import type { AgentRate } from "./agents";
import type { Observed } from "./history";

const percent = { type: "utilization", unit: "%" };
const throughput = { type: "throughput", unit: "samples/sec" };
const latency = { type: "latency", unit: "ms" };

export const UTILISATION: SeriesDescription = { name: "utilization", displayName: "Utilization", ...percent };

/** Converts a text to a series name: lower case, with a dash for each character that is no word character. */
export function seriesName(text: string): string {
  return text.toLowerCase().replace(/\W/g, "-");
}

/** All series at a moment: those of the whole data path, and one per agent. */
export function observe(
  now: DataPathSnapshot,
  parts: StatisticsSnapshot,
  rejectionRate: number | null,
  agents: readonly AgentRate[],
): readonly Observed[] {
  const { p50, p95, p99 } = parts.latency;
  const fixed: readonly Observed[] = [
    { name: "queue", displayName: "Queue", ...percent, value: now.queue?.utilisation ?? null },
    { name: "data-store", displayName: "Data store", ...percent, value: now.store?.utilisation ?? null },
    { name: "production", displayName: "Production", ...throughput, value: now.productionRate },
    { name: "processing", displayName: "Processing", ...throughput, value: now.processingRate },
    { name: "rejected", displayName: "Rejected", ...throughput, value: rejectionRate },
    { name: "latency-p50", displayName: "Latency (median)", ...latency, value: p50 },
    { name: "latency-p95", displayName: "Latency (95 %)", ...latency, value: p95 },
    { name: "latency-p99", displayName: "Latency (99 %)", ...latency, value: p99 },
    { ...UTILISATION, value: parts.utilisation },
  ];
  const taken = new Set(fixed.map((each) => each.name));
  const own = agents.map(({ report: { name, displayName, type, unit }, rate }) => {
    return { name: seriesName(name), displayName, type, unit, value: rate };
  });
  // An agent cannot take another one's name, or that of the queue.
  return [...fixed, ...own.filter(({ name }) => !taken.has(name) && taken.add(name))];
}

/** A series in the reference system's shape. */
export function statisticShape({ points, ...described }: Series): StatisticSeries {
  return { ...described, timestamps: points.map(([at]) => at), values: points.map(([, value]) => value) };
}
