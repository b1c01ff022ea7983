import { readFileSync } from "node:fs";

/** Written while brokers are taken away: most copies that a stream may have. Vanishes with the pod. */
export const LIMIT_FILE = "/tmp/most-copies";

/** Returns the number of copies to keep: the configured one, or fewer while brokers are taken away. */
export function copiesWanted(configured: number): number {
  try {
    const limit = Number(readFileSync(LIMIT_FILE, "utf8"));
    return limit >= 1 ? Math.min(configured, limit) : configured;
  } catch {
    return configured;
  }
}
