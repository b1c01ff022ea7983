import * as fs from "node:fs";
import { clusterCommand, Context, readText, stackOutputs, statePaths } from "@inaetics/stack";
import { Failure, Progress } from "@inaetics/workstation";
import { readBoxes, requireStarted, stoppedSince } from "../boxes/states";
import { findDrift, findObjectDrift } from "./find";
import { describeDrift, judgeDrift, nameOf, type Conflict } from "./judge";

/** Variable by which Pulumi's kubernetes provider takes fields from their owners. */
const FORCE = "PULUMI_K8S_ENABLE_PATCH_FORCE";
/** Options of a run that is not about the whole cluster. */
const partial = /^(--target(=.*)?|-t|--help|-h)$/;
/** Options by which the user decides about refreshing. */
const decided = /^(--refresh(=.*)?|-r)$/;

/** Pulumi asks the first controller alone. While that one is away, a refresh would forget all objects. */
const pulumisKubeconfig = (context: Context) => Promise.resolve(readText(statePaths.kubeconfig(context)));

/** Additions to a run of Pulumi that let it repair the objects that others deleted or changed. */
export interface Repair {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const none: Repair = { args: [], env: {} };

/**
 * Reports the differences of the cluster before a run of Pulumi, and returns what the run needs to repair them.
 * @param command Pulumi's command; other ones than updates, previews and refreshes need nothing
 * @throws Failure when the run would overrule another program, or forget objects
 */
export async function prepareRun(
  context: Context,
  command: string,
  args: readonly string[],
  progress: Progress,
): Promise<Repair> {
  if (args.some((arg) => partial.test(arg))) return none;
  if (command === "refresh") await prepareRefresh(context, progress);
  if (!["preview", "up", "update"].includes(command)) return none;
  const repair = await prepareRepair(context, command === "preview" ? "preview" : "up", progress);
  return args.some((arg) => decided.test(arg)) ? { ...repair, args: [] } : repair;
}

/**
 * Compares the objects with the recorded ones, and reports each difference by name.
 * @throws Failure when a field belongs to a program that an update must not overrule; a preview only reports it
 */
async function prepareRepair(context: Context, operation: "up" | "preview", progress: Progress): Promise<Repair> {
  // A stopped cluster is started before an update.
  if (operation === "preview" && (await isStopped(context))) {
    progress.note("the cluster is stopped, so that only settings are compared");
    return none;
  }
  const { drifts, owners, problem } = await findObjectDrift(context, pulumisKubeconfig);
  if (problem !== undefined) progress.note(`warning: ${problem}`);
  for (const line of drifts.flatMap(describeDrift)) progress.note(line);
  const { refresh, force, conflicts } = judgeDrift(drifts, owners);
  const [first] = conflicts;
  if (first !== undefined && process.env[FORCE] === undefined) {
    const failure = refusal(context, first, conflicts.length - 1);
    if (operation === "up") throw failure;
    progress.note(`warning: up will refuse this: ${failure.message}. ${failure.cure ?? ""}`);
  }
  return { args: refresh ? ["--refresh"] : [], env: force ? { [FORCE]: "true" } : {} };
}

async function isStopped(context: Context): Promise<boolean> {
  return fs.existsSync(statePaths.stopped(context)) && stoppedSince(context, await readBoxes(context)) !== undefined;
}

function refusal(context: Context, { object, path, owner }: Conflict, others: number): Failure {
  const more = others === 0 ? "" : `; ${others} more are above`;
  return new Failure(
    `${nameOf(object)}: ${path} is set by the program and belongs to "${owner}" now; allowed: a field that only kubectl changed${more}`,
    `Stop ${owner} from setting it. To take it back all the same: ${FORCE}=true ${clusterCommand(context)} up`,
  );
}

/**
 * Reports all differences before a refresh records them.
 * @throws Failure when Pulumi's API server does not answer, because a refresh would then forget all objects
 */
async function prepareRefresh(context: Context, progress: Progress): Promise<void> {
  await requireStarted(context);
  const { problem } = await findObjectDrift(context, pulumisKubeconfig);
  if (problem !== undefined) {
    throw new Failure(
      `${problem}; a refresh would forget them`,
      `Bring the controller back first: ${clusterCommand(context)} up`,
    );
  }
  const { nodes } = await stackOutputs(context);
  const addresses = (nodes ?? {}) as Readonly<Record<string, string>>;
  for (const line of await findDrift(context, addresses, await readBoxes(context))) progress.note(line);
}
