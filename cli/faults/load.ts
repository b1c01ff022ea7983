/**
 * The demonstrator's own load, which a verification pauses while the queue drains. A file has the load from before,
 * because a verification that is killed cannot set it back.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { UTILISATION_PATH } from "@inaetics/model";
import { changeLoad, clusterCommand, type Context, readStats, type SiteAccess, siteAccess } from "@inaetics/stack";
import { writeAtomically } from "@inaetics/workstation";
import * as z from "zod/mini";

const pausedSchema = z.object({ ratePercent: z.number() });
type Paused = z.infer<typeof pausedSchema>;

const fileOf = (context: Context): string => path.join(context.run, "paused-load.json");

/** Stops the demonstrator's producers; does nothing when the dashboard does not know their load. */
export async function pauseLoad(context: Context): Promise<void> {
  const access = await siteAccess(context, "dashboard");
  const { ratePercent } = await readStats(access.address);
  if (ratePercent === null) return;
  const paused: Paused = { ratePercent };
  writeAtomically(fileOf(context), JSON.stringify(paused));
  await setLoad(access, 0);
}

/** Sets the load back that a verification paused, also one that was killed. */
export async function resumeLoad(context: Context): Promise<void> {
  const paused = readPaused(context);
  if (paused === undefined) return;
  await setLoad(await siteAccess(context, "dashboard"), paused.ratePercent);
  fs.rmSync(fileOf(context), { force: true });
}

/** Describes the pause as status lists it among the faults; nothing when there is none. */
export function describePause(context: Context): readonly string[] {
  if (readPaused(context) === undefined) return [];
  return [
    `producers paused by verify; when it was killed, set their load back with: ${clusterCommand(context)} fault heal`,
  ];
}

function readPaused(context: Context): Paused | undefined {
  if (!fs.existsSync(fileOf(context))) return undefined;
  return z.parse(pausedSchema, JSON.parse(fs.readFileSync(fileOf(context), "utf8")));
}

function setLoad(access: SiteAccess, value: number): Promise<unknown> {
  return changeLoad(access, { path: UTILISATION_PATH, body: { value } });
}
