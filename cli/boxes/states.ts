import * as fs from "node:fs";
import { clusterFilter } from "@inaetics/model";
import { clusterCommand, Context, readLine, statePaths } from "@inaetics/stack";
import { Failure, tryRun } from "@inaetics/workstation";

/** A box's container as docker shows it. */
export interface BoxState {
  readonly name: string;
  /** Identifies the container; a box that is made again has another one. */
  readonly id: string;
  readonly state: string;
  readonly status: string;
}

/** Reads the containers of the cluster, sorted by name. Throws an Error when docker does not answer. */
export async function readBoxes(context: Context): Promise<readonly BoxState[]> {
  const filter = clusterFilter(context.cluster);
  const format = "{{.Names}}\t{{.ID}}\t{{.State}}\t{{.Status}}";
  const answer = await tryRun("docker", ["ps", "--all", "--filter", filter, "--format", format], { timeout: 20_000 });
  if (answer.exitCode !== 0) throw new Error(answer.problem ?? answer.stderr.trim());
  return answer.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [name = "", id = "", state = "", text = ""] = line.split("\t");
      return { name, id, state, status: text };
    })
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

/** Time since which the boxes are stopped on purpose; undefined when they are not, or when one of them runs. */
export function stoppedSince(context: Context, boxes: readonly BoxState[]): string | undefined {
  if (boxes.some(({ state }) => state === "running")) return undefined;
  return readLine(statePaths.stopped(context));
}

/** @throws Failure when `./cluster stop` stopped the boxes */
export async function requireStarted(context: Context): Promise<void> {
  // Asks docker only where the file exists, because most commands come to a running cluster.
  if (!fs.existsSync(statePaths.stopped(context))) return;
  const since = stoppedSince(context, await readBoxes(context));
  if (since === undefined) return;
  throw new Failure(
    `the cluster of stack ${context.stack} is stopped since ${since}`,
    `Run: ${clusterCommand(context)} start`,
  );
}
