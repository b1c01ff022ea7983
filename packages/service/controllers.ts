import * as z from "zod/mini";
import type { KubernetesClient } from "./kubernetes";

/** Replicas of one replication controller: requested, and ready. */
export interface ControllerState {
  readonly name: string;
  readonly requested: number;
  readonly ready: number;
}

const controllersSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ replicas: z.optional(z.int()) }),
      status: z.optional(z.object({ readyReplicas: z.optional(z.int()) })),
    }),
  ),
});

/** Reads all replication controllers of the namespace. */
export async function readControllers(
  client: Pick<KubernetesClient, "path" | "read">,
  timeoutMs: number,
): Promise<readonly ControllerState[]> {
  const list = await client.read(controllersSchema, client.path("/api/v1", "replicationcontrollers"), timeoutMs);
  return list.items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    // The API leaves out numbers that are 0.
    requested: spec.replicas ?? 0,
    ready: status?.readyReplicas ?? 0,
  }));
}
