import { Kvm, type KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import type { History } from "@inaetics/autoscaling";
import * as z from "zod/mini";
import { COUNTERS, DECISIONS_KEY, parseJson } from "@inaetics/samples";
import { withTimeout } from "@inaetics/base";

const TIMEOUT_MS = 2000;

/** Part of the history that the next leader needs. */
export type HandoverState = Omit<History, "observations">;

const handoverSchema = z.object({
  decisions: z.array(
    z.object({ at: z.number(), processors: z.number(), recommended: z.number(), ready: z.optional(z.number()) }),
  ),
  speed: z.optional(z.number()),
});

/** Stores a leader's state in the broker for the next leader, so that stabilisation and cool-down continue. */
export class HandoverStore {
  constructor(private readonly connected: () => NatsConnection) {}

  /** Undefined when no usable one exists. Rejects when the broker does not answer. */
  async read(): Promise<HandoverState | undefined> {
    const bucket = await this.bucket();
    const entry = await withTimeout(bucket.get(DECISIONS_KEY), TIMEOUT_MS);
    if (entry === null || entry.operation !== "PUT") return undefined;
    const state = parseJson(handoverSchema, entry.string());
    return state.ok ? state.value : undefined;
  }

  /** Rejects when the broker has not stored it. A later write may succeed. */
  async write(state: HandoverState): Promise<void> {
    const bucket = await this.bucket();
    await withTimeout(bucket.put(DECISIONS_KEY, JSON.stringify(state)), TIMEOUT_MS);
  }

  private bucket(): Promise<KV> {
    return withTimeout(new Kvm(this.connected()).open(COUNTERS), TIMEOUT_MS);
  }
}
