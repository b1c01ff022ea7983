/** Bodies of the requests with which people change the load. The server also takes them as forms, and checks limits. */
import { kindsSchema } from "@inaetics/samples";
import * as z from "zod/mini";
import type { ReadonlyOf } from "./readonly";

/** Paths below the dashboard's address. The rate of the producers is set by a POST to `UTILISATION_PATH`. */
export const SCALE_PRODUCER_PATH = "coordinator/scaleProducer";
export const PRODUCERS_PATH = "coordinator/producers";
export const PROCESSORS_PATH = "coordinator/processors";

/** Body of both POSTs: percent of the producers' maximum, or producers more or fewer. */
export const valueChangeSchema = z.object({ value: z.int() });
export type ValueChange = ReadonlyOf<typeof valueChangeSchema>;

/** A count keeps the Celix producers and fills up with Felix ones. */
export const producersChangeSchema = z.union([z.strictObject({ count: z.int() }), kindsSchema]);
export type ProducersChange = ReadonlyOf<typeof producersChangeSchema>;

/** The policy scales the processors, or they are set by hand. */
export const processorsChangeSchema = z.union([z.strictObject({ auto: z.literal(true) }), kindsSchema]);
export type ProcessorsChange = ReadonlyOf<typeof processorsChangeSchema>;
