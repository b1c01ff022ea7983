import * as fs from "node:fs";
import * as path from "node:path";
import { Context, pulumiEnvironment, unmergeKubeconfig, requirePassphrase, checkpointFile } from "@inaetics/stack";
import { Failure, Interrupted, run, createProgress, formatDuration, Progress, withStep } from "@inaetics/workstation";
import { messageOf } from "@inaetics/base";
import { describeObjects, dockerObjects, isEmpty, removeDockerObjects, removeRunFolder } from "./leftovers";
import { runOperation } from "../pulumi/operation";
import { ensureDocker } from "../setup/docker";

/**
 * Removes the cluster and checks that nothing of it is left. Succeeds when the cluster does not exist. Removes the
 * resources of a cluster from the state when its boxes were removed by hand.
 */
export async function destroy(context: Context, extra: readonly string[]): Promise<void> {
  const started = Date.now();
  const progress = createProgress();
  await ensureDocker(context.cache, progress);
  await removeCluster(context, extra, progress);
  process.stdout.write(`Nothing of ${context.cluster} is left (${formatDuration(Date.now() - started)}).\n`);
}

/** Removes the cluster, its files on the workstation, and its entry in the user's kubeconfig. */
export async function removeCluster(context: Context, extra: readonly string[], progress: Progress): Promise<void> {
  // Checked here, because a later failure would count as a sign that the boxes are gone.
  requirePassphrase(context);
  if (countResources(context) > 0) await destroyStack(context, extra, progress);
  const left = await dockerObjects(context);
  if (!isEmpty(left)) {
    await withStep(progress, `removing ${describeObjects(left)}`, () => removeDockerObjects(left));
  }
  await unmergeKubeconfig(context, progress);
  removeRunFolder(context);
  const still = await dockerObjects(context);
  if (!isEmpty(still)) {
    throw new Failure(
      `docker still has objects of ${context.cluster}: ${describeObjects(still)}`,
      "Remove them with docker, then run ./cluster destroy again.",
    );
  }
}

/** Lets Pulumi remove what it can reach. If that fails, removes the boxes directly, then destroys the rest. */
async function destroyStack(context: Context, extra: readonly string[], progress: Progress): Promise<void> {
  try {
    await runOperation(context, "destroy", extra, progress);
    return;
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    progress.note(`${messageOf(error)}\nremoving the boxes directly`);
  }
  await removeDockerObjects(await dockerObjects(context));
  try {
    await runOperation(context, "destroy", ["--continue-on-error"], progress);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    if (hasVirtualMachines(context)) throw error;
    // Everything else of the stack was inside the boxes, which are gone.
    progress.note(`${messageOf(error)}\nthe boxes are gone: removing their content from the state`);
    await forgetResources(context);
  }
}

interface Deployment {
  readonly resources?: readonly { readonly type: string; readonly inputs?: unknown }[] | null;
}

function readCheckpoint(context: Context): Deployment {
  const file = checkpointFile(context);
  if (!fs.existsSync(file)) return {};
  const state = JSON.parse(fs.readFileSync(file, "utf8")) as {
    readonly checkpoint?: { readonly latest?: Deployment | null };
  };
  return state.checkpoint?.latest ?? {};
}

function countResources(context: Context): number {
  return readCheckpoint(context).resources?.length ?? 0;
}

/** True when the stack has virtual machines. They cannot be removed here, and would run on if they were forgotten. */
function hasVirtualMachines(context: Context): boolean {
  return JSON.stringify(readCheckpoint(context)).match(/"INAETICS_PROVIDER":"(virtualbox|libvirt)"/) !== null;
}

async function forgetResources(context: Context): Promise<void> {
  const options = { cwd: context.root, env: pulumiEnvironment(context, process.env) };
  const exported = JSON.parse(await run("pulumi", ["stack", "export", "--non-interactive"], options)) as {
    deployment: Record<string, unknown>;
  };
  exported.deployment.resources = [];
  exported.deployment.pending_operations = [];
  const file = path.join(context.run, "empty-state.json");
  fs.mkdirSync(context.run, { recursive: true, mode: 0o700 });
  fs.writeFileSync(file, JSON.stringify(exported), { mode: 0o600 });
  await run("pulumi", ["stack", "import", "--file", file, "--non-interactive"], options);
}
