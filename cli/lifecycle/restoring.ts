import * as fs from "node:fs";
import { quote } from "@inaetics/base";
import { clusterCommand, Context, readText, statePaths } from "@inaetics/stack";
import { Failure, writeAtomically } from "@inaetics/workstation";
import * as z from "zod/mini";

const schema = z.object({
  /** The backup. */
  file: z.string(),
  /** `begun`: the broker has none, or a part of its streams. `loaded`: it has all of them. */
  phase: z.enum(["begun", "loaded"]),
});
/** A restore that is not complete. */
export type Restoring = z.infer<typeof schema>;

export function readRestoring(context: Context): Restoring | undefined {
  const text = readText(statePaths.restoring(context));
  return text === undefined ? undefined : z.parse(schema, JSON.parse(text));
}

export function writeRestoring(context: Context, restoring: Restoring): void {
  fs.mkdirSync(context.run, { recursive: true, mode: 0o700 });
  writeAtomically(statePaths.restoring(context), `${JSON.stringify(restoring)}\n`, 0o600);
}

export function endRestoring(context: Context): void {
  fs.rmSync(statePaths.restoring(context), { force: true });
}

/** @throws Failure while a restore is not complete: services would use streams that are there in part */
export function requireNoRestore(context: Context): void {
  const restoring = readRestoring(context);
  if (restoring !== undefined) throw interrupted(context, restoring);
}

export function interrupted(context: Context, { file }: Restoring): Failure {
  return new Failure(
    `the restore of ${file} into stack ${context.stack} is not complete`,
    `Continue it: ${clusterCommand(context)} restore ${quote(file)}\nOr give it up: ${clusterCommand(context)} destroy`,
  );
}
