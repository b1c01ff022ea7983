import * as z from "zod/mini";
import { Context } from "./context";
import { readText } from "./environment";
import { checkpointFile } from "./outputs";

/** Parts of a recorded resource that are read here. Secrets are encrypted. */
const resourceSchema = z.looseObject({
  urn: z.string(),
  type: z.string(),
  /** True for a replaced resource that is still to be deleted. */
  delete: z.optional(z.boolean()),
  inputs: z.optional(z.record(z.string(), z.unknown())),
  outputs: z.optional(z.record(z.string(), z.unknown())),
});
const deploymentSchema = z.looseObject({ resources: z.optional(z.nullable(z.array(resourceSchema))) });
const checkpointSchema = z.object({ checkpoint: z.object({ latest: z.optional(z.nullable(deploymentSchema)) }) });

export type RecordedResource = z.infer<typeof resourceSchema>;

/** Returns the resources that the state records; none before the first `up`. Reads the file, because Pulumi takes 1 s. */
export function recordedResources(context: Context): readonly RecordedResource[] {
  const text = readText(checkpointFile(context));
  if (text === undefined) return [];
  return z.parse(checkpointSchema, JSON.parse(text)).checkpoint.latest?.resources ?? [];
}
