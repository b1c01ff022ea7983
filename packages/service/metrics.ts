import { Counter, Gauge, Registry, collectDefaultMetrics } from "prom-client";

/** Metric for Prometheus. Values that are null are left out: no value is better than a wrong one. */
export interface Metric {
  readonly type: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
  readonly values: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number | null }[];
}

/** Returns a counter without labels. */
export function counter(name: string, help: string, value: number | null): Metric {
  return { type: "counter", name, help, values: [{ value }] };
}

/** Returns a gauge without labels. */
export function gauge(name: string, help: string, value: number | null): Metric {
  return { type: "gauge", name, help, values: [{ value }] };
}

const processMetrics = new Registry();
let collecting = false;

/** The text of /metrics: the given metrics and those of the process (CPU, memory, event loop). */
export async function renderMetrics(metrics: readonly Metric[]): Promise<string> {
  if (!collecting) collectDefaultMetrics({ register: processMetrics });
  collecting = true;
  // A registry per scrape: the counters are kept elsewhere, and values that are unknown now must vanish from the text.
  const registry = new Registry();
  for (const metric of metrics) addMetric(registry, metric);
  return `${await registry.metrics()}\n${await processMetrics.metrics()}`;
}

export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

function addMetric(registry: Registry, metric: Metric): void {
  const known = metric.values.filter((each) => each.value !== null);
  if (known.length === 0) return;
  const labelNames = [...new Set(known.flatMap((each) => Object.keys(each.labels ?? {})))];
  const options = { name: metric.name, help: metric.help, labelNames, registers: [registry] };
  if (metric.type === "counter") {
    const made = new Counter(options);
    for (const each of known) made.inc(each.labels ?? {}, each.value ?? 0);
  } else {
    const made = new Gauge(options);
    for (const each of known) made.set(each.labels ?? {}, each.value ?? 0);
  }
}
