import * as z from "zod/mini";

/** A figure that is null while it is not known. */
export const figure = z.nullable(z.number());

const count = z.int().check(z.minimum(0));
const instant = z.number().check(z.minimum(0));
const id = z.string().check(z.minLength(1), z.maxLength(200));

/** A measurement on its way to a processor. Times are milliseconds since 1970. */
export const sampleSchema = z.object({ id, sampleTime: instant, value1: z.number(), value2: z.number() });
export type Sample = Readonly<z.infer<typeof sampleSchema>>;

/** Result of a processed sample. `processingTime` is in ms, `kind` is the processor's framework (felix, celix). */
export const resultSchema = z.object({
  id,
  processingTime: instant,
  result1: z.number(),
  processor: id,
  kind: z.string().check(z.minLength(1)),
  storedAt: instant,
  sample: sampleSchema,
});
export type Result = Readonly<z.infer<typeof resultSchema>>;

/** Statistic that every agent publishes about itself each second. The counters count since the agent's own start. */
export const statisticSchema = z.object({
  name: id,
  displayName: z.string().check(z.minLength(1), z.maxLength(200)),
  type: z.string(),
  unit: z.string(),
  value: z.number(),
  kind: z.enum(["producer", "processor", "queue", "store"]),
  accepted: z.optional(count),
  rejected: z.optional(count),
  processed: z.optional(count),
});
export type Statistic = Readonly<z.infer<typeof statisticSchema>>;

/** Percentage of a producer's maximum rate, as it stands in the settings bucket. */
export const rateSchema = z.int().check(z.minimum(0), z.maximum(100));

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Reads JSON from the network. Never throws, because no message may stop its reader. */
export function parseJson<T extends z.ZodMiniType>(schema: T, payload: Uint8Array | string): Parsed<z.infer<T>> {
  let json: unknown;
  try {
    json = JSON.parse(typeof payload === "string" ? payload : new TextDecoder().decode(payload));
  } catch (error) {
    return { ok: false, problem: `not JSON: ${String(error)}` };
  }
  const result = z.safeParse(schema, json);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, problem: result.error.issues.map(describeIssue).join("; ") };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const where = issue.path.map(String).join(".");
  const what = issue.message || issue.code;
  return where === "" ? what : `${where}: ${what}`;
}
