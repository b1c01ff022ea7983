/** Requests of agents below `/deployment`. */
import * as z from "zod/mini";
import { platformSchema } from "./basics";

/** Headers of `GET /deployment/<target>/versions`. */
export const visitHeadersSchema = z.object({
  "x-inaetics-platform": z.enum(
    platformSchema.options,
    "X-Inaetics-Platform: missing or wrong; allowed are osgi and celix",
  ),
  /** Version that the agent runs; empty or absent when it runs none. */
  "x-inaetics-current": z.optional(
    z.string().check(z.maxLength(100, "X-Inaetics-Current: too long; send the version of the deployment, or nothing")),
  ),
});

/** Writes the answer: one version a line. The last one is wanted. */
export function formatVersions(versions: readonly string[]): string {
  return versions.map((version) => `${version}\n`).join("");
}

/** Reads an answer of `formatVersions`. */
export function parseVersions(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
