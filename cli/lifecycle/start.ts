import { clusterCommand, Context, stackOutputs } from "@inaetics/stack";
import { createProgress, Failure, formatDuration, withStep } from "@inaetics/workstation";
import { findMachines, startBoxes } from "../power/startboxes";
import { waitForWorkloads } from "../power/ready";
import { ensureDocker } from "../setup/docker";
import { resultsDeadline, up, waitForResults } from "./up";

/**
 * Starts halted boxes, and waits until all nodes and pods are ready and samples flow. Does the same for a cluster that
 * runs already. Boxes whose containers were removed, as by `docker system prune`, are made again with their volumes.
 */
export async function start(context: Context): Promise<void> {
  const started = Date.now();
  const progress = createProgress();
  await ensureDocker(context.cache, progress);
  const found = await findMachines(context);
  const open = found.absent.length > 0 ? found.absent : await startBoxes(context, found, progress);
  if (open.length > 0) {
    const names = open.map(({ name }) => name).join(", ");
    progress.note(`the containers of ${names} are gone or new: up makes them complete, with their volumes`);
    await up(context, [], { verbose: false, acceptDataLoss: false });
    return;
  }
  const { dashboard } = await stackOutputs(context);
  if (typeof dashboard !== "string") {
    throw new Failure(`stack ${context.stack} is not complete`, `Run: ${clusterCommand(context)} up`);
  }
  await withStep(progress, "samples processed", async (step) => {
    step.done(`${await waitForResults(dashboard, resultsDeadline, (text) => step.detail(text))} results`);
  });
  await withStep(progress, "pods", (step) => waitForWorkloads(context, step));
  process.stdout.write(`\nDashboard: ${dashboard}\nTotal:     ${formatDuration(Date.now() - started)}\n`);
}
