import { clusterCommand, Context, unmergeKubeconfig, withStackLock } from "@inaetics/stack";
import { Failure, createProgress, formatDuration, Progress, withStep } from "@inaetics/workstation";
import { ask, canAsk } from "../asking/ask";
import { forgetPlace } from "../ownership/checkout";
import { DockerObject, describeObjects, dockerObjects, removeDockerObjects } from "../ownership/objects";
import { judgeObjects } from "../ownership/require";
import { hasResources, hasVirtualMachines, putStateAside, removeRunFolder } from "../ownership/resources";
import { refusalOf } from "../ownership/verdict";
import { runPulumi } from "../pulumi/attached";
import { healLocks } from "../pulumi/heal";
import { runOperation } from "../pulumi/operation";
import { ensureDocker } from "../setup/docker";
import { describeRemoval, readLosses } from "./losses";
import type { Removal } from "./removal";

/** Checks that the user can confirm a removal. @throws Failure with the command when a terminal or `--yes` is missing */
export function requireConfirmation({ kind }: Removal, yes: boolean): void {
  if (yes || kind === "preview" || canAsk()) return;
  throw new Failure(
    "destroy removes boxes with all their data; without a terminal it cannot ask first; allowed: with --yes",
    `Run: ./cluster destroy --yes${kind === "boxes" ? " --force-boxes" : ""}
To see what it would remove: ./cluster destroy --preview-only`,
  );
}

/**
 * Removes the cluster, or a part of it, by Pulumi. After the whole cluster, checks that nothing of it is left. Succeeds
 * when the cluster does not exist.
 * @throws Failure when Pulumi fails; then nothing else is removed
 */
export async function destroy(context: Context, removal: Removal, yes: boolean): Promise<void> {
  const started = Date.now();
  const progress = createProgress();
  await ensureDocker(context.cache, progress);
  if (removal.kind === "preview") {
    process.exitCode = await runPulumi(context, ["destroy", "--preview-only", ...removal.args]);
    return;
  }
  await confirm(context, await dockerObjects(context), removal, yes);
  await removeCluster(context, removal, progress);
  const result = removal.kind === "part" ? "The chosen resources are removed" : `Nothing of ${context.cluster} is left`;
  process.stdout.write(`${result} (${formatDuration(Date.now() - started)}).\n`);
}

/** Removes a confirmed part by Pulumi, or the whole cluster with its files and its entry in the user's kubeconfig. */
export async function removeCluster(context: Context, removal: Removal, progress: Progress): Promise<void> {
  await withStackLock(context, progress, async () => {
    if (hasResources(context)) await destroyStack(context, removal, progress);
    if (removal.kind === "part") return;
    await removeRest(context, await dockerObjects(context), progress);
  });
}

/**
 * Removes the stack's boxes, networks and volumes by docker itself, and empties its state. It works with a dead box, a
 * lost passphrase and a lost state.
 * @throws Failure when another living checkout owns them, or when they are virtual machines
 */
export async function forceBoxes(context: Context, yes: boolean): Promise<void> {
  const started = Date.now();
  const progress = createProgress();
  await ensureDocker(context.cache, progress);
  const objects = await dockerObjects(context);
  const verdict = judgeObjects(context, objects);
  const refusal = refusalOf(verdict, context.stack);
  // Boxes without a state are the purpose of this command.
  if (refusal !== undefined && verdict.kind === "other") throw refusal;
  if (hasVirtualMachines(context)) {
    throw new Failure(
      `stack ${context.stack} has virtual machines; allowed for --force-boxes: boxes of docker`,
      "Remove the machines with their hypervisor, then run: ./cluster destroy",
    );
  }
  await confirm(context, objects, { kind: "boxes", args: [] }, yes);
  await withStackLock(context, progress, async () => {
    await healLocks(context, progress);
    await removeRest(context, await dockerObjects(context), progress);
    const kept = putStateAside(context);
    if (kept !== undefined) progress.note(`the state was emptied; what it had is kept in ${kept}`);
  });
  process.stdout.write(`Nothing of ${context.cluster} is left (${formatDuration(Date.now() - started)}).\n`);
}

/** Shows what will be lost, and asks for the stack's name. @throws Failure when another name is typed */
async function confirm(
  context: Context,
  objects: readonly DockerObject[],
  removal: Removal,
  yes: boolean,
): Promise<void> {
  if (objects.length === 0 && !hasResources(context)) return;
  const losses = await readLosses(context, objects);
  process.stderr.write(describeRemoval(context.stack, losses, removal));
  if (yes) return;
  const typed = await ask(`Type the stack's name to remove it: `);
  if (typed === context.stack) return;
  throw new Failure(`got "${typed}"; allowed: ${context.stack}`, "Nothing was removed.");
}

async function destroyStack(context: Context, removal: Removal, progress: Progress): Promise<void> {
  try {
    await runOperation(context, "destroy", removal.args, progress);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const again = `${clusterCommand(context)} destroy`;
    throw new Failure(
      error.message,
      `${error.cure ?? ""}
Nothing else was removed. Correct the cause and run ${again} again.
If Pulumi cannot work any more (a dead box, a lost passphrase), remove the boxes themselves: ${again} --force-boxes`,
      { cause: error },
    );
  }
}

/** Removes docker's objects, and everything of the stack on this machine. */
async function removeRest(context: Context, objects: readonly DockerObject[], progress: Progress): Promise<void> {
  if (objects.length > 0) {
    const name = `removing ${describeObjects(objects)}`;
    await withStep(progress, name, () => removeDockerObjects(context, objects));
  }
  await unmergeKubeconfig(context, progress);
  removeRunFolder(context);
  forgetPlace(context);
}
