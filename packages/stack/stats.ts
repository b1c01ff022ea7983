import * as z from "zod/mini";
import { SYSTEM_STATS_PATH, type SystemStats, systemStatsSchema } from "@inaetics/model";
import { eventSchema } from "@inaetics/samples";
import { askJson } from "@inaetics/workstation";

const figure = z.nullable(z.number());

const eventsSchema = z.object({
  events: z.array(z.extend(eventSchema, { id: z.number(), kind: z.string(), source: z.string() })),
  next: z.number(),
});
export type ShownEvent = Readonly<z.infer<typeof eventsSchema>["events"][number]>;

/** Milliseconds from the production of a sample to the storage of its result; null while not known. */
export interface Latency {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

const historySchema = z.object({
  series: z.array(z.object({ name: z.string(), points: z.array(z.tuple([z.number(), figure])) })),
});

/** Reads the dashboard's figures. Throws, as all readers here, an Error with the reason without a valid answer within 5 s. */
export function readStats(dashboard: string): Promise<SystemStats> {
  return askJson(systemStatsSchema, new URL(SYSTEM_STATS_PATH, dashboard).href);
}

/** Reads the newest events, or those after one; oldest first. */
export function readEvents(
  dashboard: string,
  query: { readonly limit: number; readonly after?: number },
): Promise<{ readonly events: readonly ShownEvent[]; readonly next: number }> {
  const url = new URL("coordinator/events", dashboard);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return askJson(eventsSchema, url.href);
}

/** Reads the latency of the last seconds. */
export async function readLatency(dashboard: string): Promise<Latency> {
  const names = ["latency-p50", "latency-p95", "latency-p99"] as const;
  const url = new URL(`coordinator/history?name=${names.join(",")}&seconds=10`, dashboard).href;
  const { series } = await askJson(historySchema, url);
  const [p50, p95, p99] = names.map((wanted) => {
    const points = series.find(({ name }) => name === wanted)?.points ?? [];
    return (
      points
        .map(([, value]) => value)
        .filter((value) => value !== null)
        .at(-1) ?? null
    );
  });
  return { p50: p50 ?? null, p95: p95 ?? null, p99: p99 ?? null };
}
