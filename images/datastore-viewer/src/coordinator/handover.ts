import { Kvm, type KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import * as z from "zod/mini";
import { COUNTERS, DECISIONS_KEY, parseJson } from "@inaetics/samples";
import { withTimeout } from "@inaetics/base";
import type { Legacy } from "./loop";

const TIMEOUT_MS = 2000;

const legacySchema = z.object({
  decisions: z.array(
    z.object({ at: z.number(), processors: z.number(), recommended: z.number(), ready: z.optional(z.number()) }),
  ),
  speed: z.optional(z.number()),
});

/** Stores a leader's state in the broker for the next leader, so that stabilisation and cool-down continue. */
export class Legacies {
  constructor(private readonly connected: () => NatsConnection) {}

  /** Undefined when no usable one exists. Rejects when the broker does not answer. */
  async read(): Promise<Legacy | undefined> {
    const bucket = await this.bucket();
    const entry = await withTimeout(bucket.get(DECISIONS_KEY), TIMEOUT_MS);
    if (entry === null || entry.operation !== "PUT") return undefined;
    const legacy = parseJson(legacySchema, entry.string());
    return legacy.ok ? legacy.value : undefined;
  }

  /** Rejects when the broker has not stored it. A later write may succeed. */
  async write(legacy: Legacy): Promise<void> {
    const bucket = await this.bucket();
    await withTimeout(bucket.put(DECISIONS_KEY, JSON.stringify(legacy)), TIMEOUT_MS);
  }

  private bucket(): Promise<KV> {
    return withTimeout(new Kvm(this.connected()).open(COUNTERS), TIMEOUT_MS);
  }
}
