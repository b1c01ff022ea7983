/** Measured series over time: answers of `GET /coordinator/history`, `/coordinator/statistics` and `/utilisation`. */
import { figure } from "@inaetics/samples";
import * as z from "zod/mini";
import type { ReadonlyOf } from "./readonly";

/** Path of the history below the dashboard's address; `name` and `seconds` choose an excerpt. */
export const HISTORY_PATH = "coordinator/history";
/** Path of the newest seconds in the reference system's shape; its query is the names themselves. */
export const STATISTICS_PATH = "coordinator/statistics";
/** Path of the producers' measured utilisation. A POST there sets their rate. */
export const UTILISATION_PATH = "coordinator/utilisation";

/** Description of a series; requests use its `name`. */
const descriptionSchema = z.object({ name: z.string(), displayName: z.string(), type: z.string(), unit: z.string() });
export type SeriesDescription = ReadonlyOf<typeof descriptionSchema>;

/** Time (ms since 1970, the beginning of the point's span) and the mean over the span; null: nothing was known. */
const pointSchema = z.tuple([z.number(), figure]);
export type Point = ReadonlyOf<typeof pointSchema>;

export const seriesSchema = z.extend(descriptionSchema, { points: z.array(pointSchema) });
export type Series = ReadonlyOf<typeof seriesSchema>;

/** Points of all series at the same moments, oldest first. */
export const excerptSchema = z.object({
  /** The first moment; null when no point exists. */
  from: figure,
  /** Seconds from one point to the next. */
  step: z.number(),
  series: z.array(seriesSchema),
});
export type Excerpt = ReadonlyOf<typeof excerptSchema>;

/** A series in the reference system's shape. */
export const statisticsSchema = z.array(
  z.extend(descriptionSchema, { timestamps: z.array(z.number()), values: z.array(figure) }),
);
export type StatisticSeries = ReadonlyOf<typeof statisticsSchema>[number];

/** Measured output of the producers relative to their maximum. `value` is in percent, null while not known. */
export const utilisationSchema = z.object({
  name: z.string(),
  type: z.string(),
  unit: z.string(),
  value: figure,
});
export type Utilisation = ReadonlyOf<typeof utilisationSchema>;
