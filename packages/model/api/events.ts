/** Events of scaling and of the cluster: answer of `GET /coordinator/events`, and `log` of the stream. */
import { eventSchema } from "@inaetics/samples";
import * as z from "zod/mini";
import type { ReadonlyOf } from "./readonly";

/** Path of the events below the dashboard's address; `after` and `limit` choose a page. */
export const EVENTS_PATH = "coordinator/events";

/** An event with its number in the log, which grows by one with each. */
export const storedEventSchema = z.extend(eventSchema, { id: z.number() });
export type StoredEvent = ReadonlyOf<typeof storedEventSchema>;

/** An event as readers of any version take it: a later version may have other kinds and sources. */
const shownEventSchema = z.extend(storedEventSchema, { kind: z.string(), source: z.string() });
export type ShownEvent = ReadonlyOf<typeof shownEventSchema>;

/** A page of events, oldest first. `next` is the `after` of the next page. */
export const eventsPageSchema = z.object({ events: z.array(shownEventSchema), next: z.number() });
export type EventsPage = ReadonlyOf<typeof eventsPageSchema>;
