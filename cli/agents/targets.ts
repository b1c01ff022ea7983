import { targetViewSchema, wantedSchema } from "@inaetics/model";
import { askJson } from "@inaetics/workstation";
import * as z from "zod/mini";

/** Fields of provisioning's target that are read here: the software that an agent should have, and has. */
const targetSchema = z.extend(
  z.pick(targetViewSchema, { id: true, approved: true, state: true, current: true, failed: true }),
  { wanted: z.nullable(z.pick(wantedSchema, { version: true })) },
);
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
