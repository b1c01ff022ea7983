import * as fs from "node:fs";
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
}

/** Finds the containers of the recorded boxes. Virtual machines count as present: their own provider knows them. */
export async function findMachines(context: Context): Promise<FoundMachines> {
  const machines = recordedMachines(context);
  const containers = new Set((await readBoxes(context)).map(({ name }) => name));
  const exists = ({ name, environment }: Machine) =>
    environment["INAETICS_PROVIDER"] !== "docker" || containers.has(`${context.cluster}-${name}`);
  return { present: machines.filter(exists), absent: machines.filter((machine) => !exists(machine)) };
}

/**
 * Starts the boxes that exist, and waits until their nodes are Ready. A box that does not exist is left to the program,
 * which makes it again with its volumes and its identity.
 */
export async function startBoxes(
  context: Context,
  { present, absent }: FoundMachines,
  progress: Progress,
): Promise<void> {
  const started = Date.now();
  await withStep(progress, `${present.length} boxes started`, async () => {
    await Promise.all(present.map((machine) => boxScript(context, "up", machine)));
  });
  fs.rmSync(statePaths.stopped(context), { force: true });
  if (absent.length > 0) return;
  const nodes = present.map(({ name }) => name).filter((name) => name !== "controller");
  await withStep(progress, "nodes", (step) => waitForNodes(context, nodes, started, step));
}

/** Starts boxes that were stopped on purpose, so that `up` finds the cluster as it left it. */
export async function startIfStopped(context: Context, progress: Progress): Promise<void> {
  if (!fs.existsSync(statePaths.stopped(context))) return;
  await startBoxes(context, await findMachines(context), progress);
}
