/** Refusals of all services: `application/problem+json` of RFC 9457. */
import * as z from "zod/mini";

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  /** Status of the answer. */
  status: z.int(),
  /** Sentence for the caller: what was wrong, what is allowed, and what to do. */
  detail: z.string(),
});
export type ProblemAnswer = Readonly<z.infer<typeof problemSchema>>;
