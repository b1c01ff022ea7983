import * as z from "zod/mini";
import { askJson } from "@inaetics/workstation";

const text = z.string();
const version = z.nullable(z.object({ version: text }));

/** Fields of provisioning's target that are read here: the software that an agent should have, and has. */
const targetSchema = z.object({
  id: text,
  approved: z.boolean(),
  state: text,
  wanted: version,
  current: z.nullable(z.object({ version: text, since: z.optional(z.unknown()) })),
  failed: z.nullable(z.object({ version: text, reason: text })),
});
export type Target = Readonly<z.infer<typeof targetSchema>>;

/**
 * Asks provisioning for its targets.
 * @param address of provisioning's page, the stack's output `provisioning`
 * @throws Error with the reason, within 5 s
 */
export async function readTargets(address: string, user: string, password: string): Promise<readonly Target[]> {
  return askJson(z.array(targetSchema), new URL("client/targets", address).href, { login: { user, password } });
}

/** Returns `2.0.0`, or `1.0.0 -> 2.0.0` while another version is wanted; empty when neither is known. Pure. */
export function versionsOf({ current, wanted }: Target): string {
  if (wanted === null || wanted.version === current?.version) return current?.version ?? "";
  return `${current?.version ?? "none"} -> ${wanted.version}`;
}
