import * as z from "zod/mini";
import { parseJson } from "../../../packages/samples/index";
import { KubernetesClient } from "../../../packages/service/index";

/** Replicas of one controller: asked for, and ready to work. */
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

/** The little of the Kubernetes API that the viewer reads. */
export class Kubernetes extends KubernetesClient {
  /** All replication controllers of the namespace. Throws with what the API server said, or did not say. */
  async controllers(timeoutMs: number): Promise<readonly ControllerState[]> {
    const path = `/api/v1/namespaces/${encodeURIComponent(this.access.namespace)}/replicationcontrollers`;
    const list = parseJson(controllersSchema, await this.get(path, timeoutMs));
    if (!list.ok) throw new Error(`the API server's answer to ${path} cannot be read: ${list.problem}`);
    return list.value.items.map(({ metadata, spec, status }) => ({
      name: metadata.name,
      // The API leaves out numbers that are 0.
      requested: spec.replicas ?? 0,
      ready: status?.readyReplicas ?? 0,
    }));
  }
}
