import * as fs from "node:fs";
import { isControllerBox } from "@inaetics/model/cluster";
import { Context, statePaths } from "@inaetics/stack";
import { Progress, withStep } from "@inaetics/workstation";
import { readBoxes } from "../boxes/states";
import { boxScript } from "./boxscript";
import { recordedMachines, type Machine } from "./machines";
import { waitForNodes } from "./ready";

/** Boxes of the state: those whose container exists, and those that only their volumes are left of. */
export interface FoundMachines {
  readonly present: readonly Machine[];
  readonly absent: readonly Machine[];
  /** Id of each container, by its name. */
  readonly ids: ReadonlyMap<string, string>;
}

/** Finds the containers of the recorded boxes. Virtual machines count as present: their own provider knows them. */
export async function findMachines(context: Context): Promise<FoundMachines> {
  const machines = recordedMachines(context);
  const ids = new Map((await readBoxes(context)).map(({ name, id }) => [name, id]));
  const exists = (machine: Machine) => !isContainer(machine) || ids.has(containerOf(context, machine));
  return { present: machines.filter(exists), absent: machines.filter((machine) => !exists(machine)), ids };
}

const isContainer = ({ environment }: Machine): boolean => environment["INAETICS_PROVIDER"] === "docker";
const containerOf = (context: Context, { name }: Machine): string => `${context.cluster}-${name}`;

/**
 * Starts the boxes that exist, and waits until their nodes are Ready. A box that does not exist is left to the program,
 * which makes it again with its volumes and its identity. So is a box that was made again because it could not start.
 * @returns the boxes that are left to the program
 */
export async function startBoxes(
  context: Context,
  { present, absent, ids }: FoundMachines,
  progress: Progress,
): Promise<readonly Machine[]> {
  const started = Date.now();
  await withStep(progress, `${present.length} boxes started`, async () => {
    await Promise.all(present.map((machine) => boxScript(context, "up", machine)));
  });
  fs.rmSync(statePaths.stopped(context), { force: true });
  const now = (await findMachines(context)).ids;
  const changed = (name: string) => now.get(name) !== ids.get(name);
  const open = [...absent, ...present.filter((machine) => changed(containerOf(context, machine)))];
  if (open.length > 0) return open;
  const nodes = present.map(({ name }) => name).filter((name) => !isControllerBox(name));
  await withStep(progress, "nodes", (step) => waitForNodes(context, nodes, started, step));
  return [];
}

/** Starts boxes that were stopped on purpose, so that `up` finds the cluster as it left it. */
export async function startIfStopped(context: Context, progress: Progress): Promise<void> {
  if (!fs.existsSync(statePaths.stopped(context))) return;
  await startBoxes(context, await findMachines(context), progress);
}
