import * as fs from "node:fs";
import { isControllerBox } from "@inaetics/model/cluster";
import { clusterCommand, Context, statePaths } from "@inaetics/stack";
import { createProgress, formatDuration, Progress, withStep, writeAtomically } from "@inaetics/workstation";
import { readBoxes, stoppedSince } from "../boxes/states";
import { healStack } from "../pulumi/heal";
import { ensureDocker } from "../setup/docker";
import { boxScript } from "../power/boxscript";
import { recordedMachines, type Machine } from "../power/machines";

/**
 * Halts all boxes and keeps their disks: the nodes at once, the controllers after them. Counts of pods stay as they are,
 * because every accepted sample is on the brokers' disks, and producers repeat a put that was not acknowledged.
 */
export async function stop(context: Context): Promise<void> {
  const started = Date.now();
  const progress = createProgress();
  const machines = recordedMachines(context);
  await ensureDocker(context.cache, progress);
  // Waits for a running update, which would start the boxes again.
  await healStack(context, progress);
  const since = stoppedSince(context, await readBoxes(context));
  if (since === undefined) {
    fs.mkdirSync(context.run, { recursive: true, mode: 0o700 });
    // Written first: a stop that was interrupted is continued by the next one, or undone by start.
    writeAtomically(statePaths.stopped(context), `${new Date(started).toISOString()}\n`);
    await haltAll(context, machines, progress);
  }
  const time = formatDuration(Date.now() - started);
  process.stdout.write(
    `Stack ${context.stack} is stopped; its samples and settings are kept (${time}).\n` +
      `Start:     ${clusterCommand(context)} start\n`,
  );
}

async function haltAll(context: Context, machines: readonly Machine[], progress: Progress): Promise<void> {
  const nodes = machines.filter(({ name }) => !isControllerBox(name));
  const controllers = machines.filter(({ name }) => isControllerBox(name));
  for (const [title, some] of [
    [`${nodes.length} nodes halted`, nodes],
    [controllers.length === 1 ? "controller halted" : `${controllers.length} controllers halted`, controllers],
  ] as const) {
    await withStep(progress, title, async () => {
      await Promise.all(some.map((machine) => boxScript(context, "halt", machine)));
    });
  }
}
