/** Events that agents report, and the audit log and stream that show them to people. */
import * as z from "zod/mini";
import { instantSchema, provisioningNameSchema } from "./basics";

/** Event at an agent, as the agent sends it. */
export const agentEventSchema = z.object({
  id: z.int().check(z.minimum(0)),
  time: instantSchema,
  type: z.enum([
    "agent-started",
    "agent-stopped",
    "provisioning-found",
    "download-started",
    "download-refused",
    "deployment-installed",
    "bundle-started",
    "bundle-failed",
    "deployment-failed",
    "rolled-back",
  ]),
  version: z.optional(z.string().check(z.maxLength(100))),
  bundle: z.optional(z.string().check(z.maxLength(200))),
  bundleVersion: z.optional(z.string().check(z.maxLength(100))),
  message: z.optional(z.string().check(z.maxLength(4000))),
});
export type AgentEvent = Readonly<z.infer<typeof agentEventSchema>>;

/** Body of `POST /auditlog/send`. */
export const auditReportSchema = z.object({
  target: provisioningNameSchema,
  /** Name of the run of the agent's process; ids of events count within it. */
  boot: z
    .string()
    .check(z.regex(/^[A-Za-z0-9._-]{1,64}$/, "allowed are 1 to 64 letters, digits, dots, dashes, underscores")),
  events: z.array(agentEventSchema).check(z.maxLength(100)),
});

/** An event of the audit log. */
export const auditEventSchema = z.extend(z.omit(agentEventSchema, { id: true }), {
  target: provisioningNameSchema,
  /** Grows with time, and is never used twice. */
  seq: z.int(),
});
export type AuditEvent = Readonly<z.infer<typeof auditEventSchema>>;

const count = z.pipe(
  z.string().check(z.regex(/^\d{1,15}$/, "allowed are whole numbers")),
  z.transform((text: string) => Number(text)),
);

/** Query of `GET /client/audit`. */
export const auditQuerySchema = z.object({
  target: z.optional(provisioningNameSchema),
  /** The `seq` of the last event that is known; without it, the newest events are returned. */
  after: z.optional(count),
  limit: z.optional(z.pipe(count, z.int().check(z.minimum(1), z.maximum(1000)))),
});

/** Answer of `GET /client/audit`: events, the oldest first, and the `after` of the next page. */
export const auditPageSchema = z.object({ events: z.readonly(z.array(auditEventSchema)), next: z.int() });
export type AuditPage = Readonly<z.infer<typeof auditPageSchema>>;

/** Events of `GET /client/stream`: the lists below `/client` have changed, or an event was stored. */
export const streamMessageSchema = z.discriminatedUnion("event", [
  z.object({ event: z.literal("model"), data: z.object({ revision: z.int() }) }),
  z.object({ event: z.literal("audit"), data: auditEventSchema, id: z.string() }),
]);
export type StreamMessage = Readonly<z.infer<typeof streamMessageSchema>>;
