/** Answer of `GET /queue` of the queue agent. */
import { queueFiguresSchema } from "@inaetics/samples";
import type { ReadonlyOf } from "./readonly";

/** Path of the answer below the queue agent's address. */
export const QUEUE_PATH = "queue";

/** Whole answer. Decisions on scaling check only the figures that they use (`metricSchema` of packages/autoscaling). */
export const queueSchema = queueFiguresSchema;
export type QueueAnswer = ReadonlyOf<typeof queueSchema>;
