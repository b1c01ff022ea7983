import * as z from "zod/mini";
import {
  EVENTS_PATH,
  eventsPageSchema,
  HISTORY_PATH,
  seriesSchema,
  SYSTEM_STATS_PATH,
  systemStatsSchema,
  type EventsPage,
  type Percentiles,
  type SystemStats,
} from "@inaetics/model";
import { askJson } from "@inaetics/workstation";

/** Fields that are read. Others may be missing in another version's answer. */
const historySchema = z.object({ series: z.array(z.pick(seriesSchema, { name: true, points: true })) });

/** Reads the dashboard's figures. Throws, as all readers here, an Error with the reason without a valid answer within 5 s. */
export function readStats(dashboard: string): Promise<SystemStats> {
  return askJson(systemStatsSchema, new URL(SYSTEM_STATS_PATH, dashboard).href);
}

/** Reads the newest events, or those after one; oldest first. */
export function readEvents(
  dashboard: string,
  query: { readonly limit: number; readonly after?: number },
): Promise<EventsPage> {
  const url = new URL(EVENTS_PATH, dashboard);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return askJson(eventsPageSchema, url.href);
}

/** Reads the latency of the last seconds. */
export async function readLatency(dashboard: string): Promise<Percentiles> {
  const names = ["latency-p50", "latency-p95", "latency-p99"] as const;
  const url = new URL(`${HISTORY_PATH}?name=${names.join(",")}&seconds=10`, dashboard).href;
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
