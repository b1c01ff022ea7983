/** Reads requests of people and checks them. */
import type { FastifyRequest } from "fastify";
import * as z from "zod/mini";
import { provisioningNameSchema } from "@inaetics/model";
import { wrong } from "@inaetics/service";

export function params(request: FastifyRequest): Readonly<Record<string, string>> {
  return request.params as Readonly<Record<string, string>>;
}

/** Returns the valid name in the address of an object to create. */
export function newName(request: FastifyRequest): string {
  return checked(provisioningNameSchema, params(request)["name"], "the name in the address");
}

/** Throws a Problem (400) that begins with `what` when the value has another shape. */
export function checked<T>(schema: z.ZodMiniType<T>, value: unknown, what: string): T {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  throw wrong(`${what}: ${z.prettifyError(result.error).replace(/\s*\n\s*/g, " ")}`);
}
