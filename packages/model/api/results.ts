/** Stored results: answer of `GET /coordinator/results`, which also gives them as CSV. */
import { figure, resultSchema } from "@inaetics/samples";
import * as z from "zod/mini";
import type { ReadonlyOf } from "./readonly";

/** Path of the results below the dashboard's address; `from`, `to`, `after`, `limit` and `format` choose a page. */
export const RESULTS_PATH = "coordinator/results";

/** Result with its number in the data store; numbers increase. */
const storedResultSchema = z.extend(resultSchema, { seq: z.number() });
export type StoredResult = ReadonlyOf<typeof storedResultSchema>;

export const resultPageSchema = z.object({
  results: z.array(storedResultSchema),
  /** `after` of the next page; null when no further page exists now. */
  next: figure,
});
export type ResultPage = ReadonlyOf<typeof resultPageSchema>;
