import * as z from "zod/mini";
import { Context, kubectl, namespace } from "@inaetics/stack";

/** What is read of a kubelet's summary. */
const summarySchema = z.object({
  pods: z.array(
    z.object({
      podRef: z.object({ name: z.string(), namespace: z.string() }),
      memory: z.optional(z.object({ workingSetBytes: z.optional(z.number()) })),
    }),
  ),
});

/**
 * Bytes of memory in use by each of our pods, asked from the nodes' kubelets. A node that does not answer has none.
 * No more than that is asked: for all it knows, a kubelet in a container does not find its disk, and answers nothing.
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

/** Our pods' memory in a kubelet's summary. Pure; throws when it is none. */
export function memoryOf(summary: string): readonly (readonly [string, number])[] {
  const { pods } = z.parse(summarySchema, JSON.parse(summary));
  return pods.flatMap(({ podRef, memory }) => {
    // A kubelet says 0 of a container that it has not measured yet.
    const bytes = memory?.workingSetBytes ?? 0;
    return podRef.namespace === namespace && bytes > 0 ? [[podRef.name, bytes] as const] : [];
  });
}
