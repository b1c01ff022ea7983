import * as path from "node:path";
import { Context } from "@inaetics/stack";
import { checkoutId, homeOf, recordPlace } from "./checkout";
import { DockerObject, dockerObjects } from "./objects";
import { hasResources } from "./resources";
import { judge, refusalOf, Verdict } from "./verdict";

/** Judges the objects of a stack for this checkout. */
export function judgeObjects(context: Context, objects: readonly DockerObject[]): Verdict {
  const folder = path.join(context.root, "vagrant");
  const here = { checkout: checkoutId(context), folder, knows: hasResources(context) };
  return judge(objects, here, homeOf(context));
}

/**
 * Checks that this checkout owns the stack's boxes. Takes tenths of a second; changes nothing in docker. A daemon that
 * does not answer shows no boxes, and changes none.
 * @throws Failure with the other folder, or with the ways to adopt or to remove
 */
export async function requireOwner(context: Context): Promise<void> {
  let objects: readonly DockerObject[];
  try {
    objects = await dockerObjects(context);
  } catch {
    return;
  }
  const verdict = judgeObjects(context, objects);
  const refusal = refusalOf(verdict, context.stack);
  if (refusal !== undefined) throw refusal;
  if (verdict.kind === "ours") recordPlace(context);
}
