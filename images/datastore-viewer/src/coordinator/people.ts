import type { FastifyInstance } from "fastify";
import * as z from "zod/mini";
import { total } from "@inaetics/autoscaling";
import {
  EVENTS_PATH,
  PROCESSORS_PATH,
  PRODUCERS_PATH,
  SCALE_PRODUCER_PATH,
  UTILISATION_PATH,
  type ProcessorsChange,
  type ProducersChange,
} from "@inaetics/model";
import { wrong } from "@inaetics/service";
import { producersOf, type Actions } from "./actions";
import type { EventLog } from "./events";

/** Largest step at once. A larger one is taken for a mistake. */
const LARGEST_STEP = 32;
const MOST_LISTED = 1000;

export interface PeopleParts {
  readonly actions: Actions;
  readonly maxProducers: number;
  /** User name of the one person that logs in. */
  readonly user: string;
}

/** Adds the changing routes below /coordinator. The caller must guard them with the login. */
export function addPeopleRoutes(server: FastifyInstance, { actions, maxProducers, user }: PeopleParts): void {
  addForms(server);
  server.post(`/${UTILISATION_PATH}`, async (request, reply) => {
    const allowed = "value: allowed are whole numbers from 0 to 100 (percent of the producers' most)";
    const { value } = checked(z.object({ value: whole(0, 100) }), request.body, allowed);
    await actions.setRate(value, user);
    return reply.code(204).send();
  });
  server.post(`/${SCALE_PRODUCER_PATH}`, async (request, reply) => {
    const allowed = `value: allowed are whole numbers from -${LARGEST_STEP} to ${LARGEST_STEP} (producers more or fewer)`;
    const { value } = checked(z.object({ value: whole(-LARGEST_STEP, LARGEST_STEP) }), request.body, allowed);
    const count = (now: number): number => Math.min(Math.max(now + value, 0), maxProducers);
    await actions.setProducers((now) => producersOf(count(total(now)), now), user);
    return reply.code(204).send();
  });
  server.put(`/${PRODUCERS_PATH}`, async (request) => {
    const allowed =
      `the body: allowed are {"count": n} and {"felix": n, "celix": n}, ` +
      `whole numbers, from 0 to ${maxProducers} together`;
    const wanted = checked(producersSchema(maxProducers), request.body, allowed);
    return actions.setProducers((now) => ("count" in wanted ? producersOf(wanted.count, now) : wanted), user);
  });
  server.put(`/${PROCESSORS_PATH}`, async (request) => {
    const { min, max } = await actions.limits();
    const allowed =
      `the body: allowed are {"auto": true} and {"felix": n, "celix": n}, ` +
      `whole numbers from 0, from ${min} to ${max} together`;
    const wanted = checked(processorsSchema(min, max), request.body, allowed);
    const mode = "auto" in wanted ? ({ mode: "auto" } as const) : ({ mode: "manual", ...wanted } as const);
    await actions.setProcessors(mode, user);
    return mode;
  });
}

/** Adds GET /coordinator/events: the newest events, or those after one. */
export function addEventRoutes(server: FastifyInstance, events: Pick<EventLog, "list">): void {
  const schema = z.object({
    after: z.optional(whole(0, Number.MAX_SAFE_INTEGER)),
    limit: z.optional(whole(1, MOST_LISTED)),
  });
  server.get(`/${EVENTS_PATH}`, (request) => {
    const allowed = `allowed are after (an event's id, a whole number from 0) and limit (1 to ${MOST_LISTED})`;
    const { after, limit = 100 } = checked(schema, request.query, allowed);
    return events.list(after, limit);
  });
}

/** Parses the form content that browsers and curl send. */
function addForms(server: FastifyInstance): void {
  server.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, body, done: (error: Error | null, value: object) => void) =>
      done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
}

/** Schema of a whole number, also as the text that forms send. */
function whole(min: number, max: number) {
  const number = z.int().check(z.minimum(min), z.maximum(max));
  const text = z.pipe(z.string().check(z.regex(/^[+-]?\d{1,16}$/)), z.transform(Number));
  return z.pipe(z.union([z.number(), text]), number);
}

function kinds(min: number, max: number) {
  const each = whole(0, max);
  return z
    .strictObject({ felix: each, celix: each })
    .check(z.refine((value) => total(value) >= min && total(value) <= max));
}

function producersSchema(max: number): z.ZodMiniType<ProducersChange> {
  return z.union([z.strictObject({ count: whole(0, max) }), kinds(0, max)]);
}

const isTrue = z.pipe(
  z.union([
    z.boolean(),
    z.pipe(
      z.literal("true"),
      z.transform(() => true),
    ),
  ]),
  z.literal(true),
);

function processorsSchema(min: number, max: number): z.ZodMiniType<ProcessorsChange> {
  return z.union([z.strictObject({ auto: isTrue }), kinds(min, max)]);
}

function checked<T>(schema: z.ZodMiniType<T>, value: unknown, allowed: string): T {
  const result = z.safeParse(schema, value ?? {});
  if (result.success) return result.data;
  throw wrong(`got ${JSON.stringify(value ?? {}).slice(0, 100)}; ${allowed}`);
}
