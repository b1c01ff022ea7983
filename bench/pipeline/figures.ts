/** Figures of a run and how they are shown. Pure. */
import type { Percentiles } from "@inaetics/model";
import type { PipelineAnswer, Throughput } from "./orders";

/** Computes percentiles of the latencies. One below 0 comes from two clocks and counts as 0. */
export function percentiles(latencies: readonly number[]): Percentiles {
  const sorted = Float64Array.from(latencies, (each) => Math.max(0, each)).sort();
  // The smallest value that at least this share of all does not exceed.
  const at = (share: number): number | null => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** Returns the middle value, or the mean of the two in the middle. Throws a RangeError when no value is given. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError("median: got no values; at least one is needed");
  return (low + high) / 2;
}

/**
 * Returns the producers' rate in whole percent with which `depth` samples come to wait. It equals the rate at which
 * samples are taken when so many wait. It is at most twice that rate while fewer wait. More would only take the
 * brokers' time from processors.
 * @param taken samples per second that are processed now; null while that is not known
 * @param most samples per second at 100 %
 */
export function steer(waiting: number, taken: number | null, depth: number, most: number): number {
  const base = Math.max(taken ?? 0, most / 20);
  // Spread over two seconds, because a new rate shows only later in the readings.
  const wanted = base + Math.min(base, (depth - waiting) / 2);
  return Math.min(100, Math.max(0, Math.round((100 * wanted) / most)));
}

/** Number of waiting samples below which some processor may have had nothing to do. */
const FEW = 100;

/** Processors of a stage, and its result. */
export interface Stage {
  readonly felix: number;
  readonly celix: number;
  readonly answer: PipelineAnswer;
}

/**
 * Returns both tables in Markdown, and the remark that they need, if any.
 * @param raw raw runs in their order: one before each stage, one after the last
 */
export function report(raw: readonly Throughput[], stages: readonly Stage[]): string {
  return [throughputTable(raw, stages), latencyTable(stages), ...remarks(stages)].join("\n\n");
}

function throughputTable(raw: readonly Throughput[], stages: readonly Stage[]): string {
  const head = ["samples/s", "mean", "median", "min", "max", "raw meanwhile", "of raw", "machine busy"];
  const seconds = raw.flatMap(({ each }) => each);
  const busy = median(raw.map((each) => each.busy));
  const rows = stages.map((stage, index) => {
    const { perSecond, each, busy: busyThen } = stage.answer;
    // Uses the two raw runs around the stage, because other load on the machine changes within minutes.
    const around = raw.slice(index, index + 2).map((run) => run.perSecond);
    const meanwhile = median(around);
    const ratio = (perSecond / meanwhile).toFixed(2);
    return [title(stage), figure(perSecond), ...spread(each), figure(meanwhile), ratio, share(busyThen)];
  });
  const direct = median(raw.map(({ perSecond }) => perSecond));
  const rawRow = [`raw JetStream, ${raw.length} runs`, figure(direct), ...spread(seconds), "", "1.00", share(busy)];
  return table(head, [rawRow, ...rows]);
}

function latencyTable(stages: readonly Stage[]): string {
  const head = ["latency (ms)", "p50", "p95", "p99", "half load (samples/s)", "p50", "p95", "p99"];
  const rows = stages.map((stage) => {
    const { latency, half } = stage.answer;
    return [title(stage), ...three(latency), figure(half.perSecond), ...three(half.latency)];
  });
  return table(head, rows);
}

/** Names the stages whose rate may be too low, because the producers may have been the limit. */
function remarks(stages: readonly Stage[]): readonly string[] {
  const short = stages.filter(({ answer }) => answer.leastWaiting < FEW).map(title);
  return short.length === 0
    ? []
    : [
        `The queue was nearly empty at times, so that the producers may have been the limit, with: ${short.join("; ")}.`,
      ];
}

function title({ felix, celix }: Stage): string {
  const count = felix + celix;
  return `${count} processor${count === 1 ? "" : "s"} (${felix} Felix, ${celix} Celix)`;
}

function spread(each: readonly number[]): readonly string[] {
  return [median(each), Math.min(...each), Math.max(...each)].map(figure);
}

function three({ p50, p95, p99 }: Percentiles): readonly string[] {
  return [p50, p95, p99].map((value) => (value === null ? "-" : figure(value)));
}

function figure(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function share(value: number): string {
  return `${Math.round(100 * value)} %`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = line(head.map((_, index) => (index === 0 ? ":--" : "--:")));
  return [line(head), rule, ...rows.map(line)].join("\n");
}
