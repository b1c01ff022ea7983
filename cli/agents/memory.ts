import * as z from "zod/mini";
import { Context, kubectl, namespace } from "@inaetics/stack";

/** Fields of a kubelet's summary that are read here. */
const summarySchema = z.object({
  pods: z.array(
    z.object({
      podRef: z.object({ name: z.string(), namespace: z.string() }),
      memory: z.optional(z.object({ workingSetBytes: z.optional(z.number()) })),
    }),
  ),
});

/**
 * Reads the bytes of memory in use by each of our pods from the nodes' kubelets. A node that does not answer adds no
 * pods. Only CPU and memory are requested: a kubelet in a container may not find its disk, and then answers nothing.
 */
export async function readMemory(context: Context, nodes: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const answers = await Promise.all(
    nodes.map(async (node) => {
      try {
        return memoryOf(
          await kubectl(context, [
            "get",
            "--raw",
            `/api/v1/nodes/${node}/proxy/stats/summary?only_cpu_and_memory=true`,
          ]),
        );
      } catch {
        return [];
      }
    }),
  );
  return new Map(answers.flat());
}

/** Reads our pods' memory from a kubelet's summary. Pure; throws when the text is no such summary. */
export function memoryOf(summary: string): readonly (readonly [string, number])[] {
  const { pods } = z.parse(summarySchema, JSON.parse(summary));
  return pods.flatMap(({ podRef, memory }) => {
    // A kubelet reports 0 for a container that it has not measured yet.
    const bytes = memory?.workingSetBytes ?? 0;
    return podRef.namespace === namespace && bytes > 0 ? [[podRef.name, bytes] as const] : [];
  });
}
