/** Answer of `GET /queue` of the queue agent. */
import { queueFiguresSchema, stuckReportSchema } from "@inaetics/samples";
import * as z from "zod/mini";
import type { ReadonlyOf } from "./readonly";

/** Path of the answer below the queue agent's address. */
export const QUEUE_PATH = "queue";

/** Whole answer. Decisions on scaling check only the figures that they use (`metricSchema` of packages/autoscaling). */
export const queueSchema = z.extend(queueFiguresSchema, {
  /** Null: not checked yet. Answers of earlier versions, and the viewer's own figures, do not have it. */
  stuck: z.optional(z.nullable(stuckReportSchema)),
});
export type QueueAnswer = ReadonlyOf<typeof queueSchema>;
