/** State of the boxes since the last update, from the docker daemon. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { STOPPED_FILE } from "@inaetics/model";
import type { BoxProvider } from "@inaetics/model/cluster";

/**
 * A box as found; `moved` when it was made from another folder, `new` when it was made after the last update, `absent`
 * when nothing of that name exists.
 */
export interface FoundBox {
  readonly state: "running" | "moved" | "new" | "halted" | "absent";
  /** Time of the halt; distinguishes it from others. */
  readonly since: string;
}

/**
 * Returns the generation that a box should have. Pure. The recorded one is kept while the box runs or was never made. A
 * box that was halted, removed or made again without an update, or whose checkout has moved, gets a new one. The next
 * update then starts it or makes it again, and checks its configuration.
 * @param stopped true while `./cluster stop` keeps the boxes halted: that is no change of the cluster
 */
export function nextGeneration(recorded: string | undefined, found: FoundBox, stopped = false): string {
  if (recorded === undefined) return "1";
  if (found.state === "running" || (stopped && found.state === "halted")) return recorded;
  const number = Number.parseInt(recorded, 10) + 1;
  if (found.state === "moved" || found.state === "new") return `${number} ${found.state}`;
  return found.state === "halted" ? `${number} halted ${found.since}` : `${number} removed`;
}

/**
 * Reads a container's state. Virtual machines take seconds each, so for them use `refresh` or `./cluster up`.
 * @param updated time of the update that last made or started the box, in ms since 1970
 */
function findBox(cluster: string, box: string, vagrant: string, updated: number): FoundBox {
  try {
    const format = '{{.State.Status}} {{.State.FinishedAt}} {{.Created}} {{index .Config.Labels "inaetics.folder"}}';
    const output = execFileSync("docker", ["inspect", "--type", "container", "--format", format, `${cluster}-${box}`], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 10_000,
    });
    const [status, finished = "", created = "", ...words] = output.trim().split(" ");
    if (!isSameFolder(words.join(" "), vagrant)) return { state: "moved", since: "" };
    if (Date.parse(created) > updated) return { state: "new", since: "" };
    return { state: status === "running" || status === "restarting" ? "running" : "halted", since: finished };
  } catch (error) {
    const message = String((error as { stderr?: unknown }).stderr ?? error);
    // An unreachable daemon proves nothing about the box, so the box counts as running.
    return /no such (object|container)/i.test(message)
      ? { state: "absent", since: "" }
      : { state: "running", since: "" };
  }
}

/** True for two paths of one folder, and where the first is not known. */
function isSameFolder(folder: string, vagrant: string): boolean {
  if (folder === "" || folder === vagrant) return true;
  return existsSync(folder) && realpathSync(folder) === realpathSync(vagrant);
}

/** Generation of a box, and its state now. */
export interface Generation {
  /** The one that the box should have. */
  readonly wanted: string;
  /** State of a box that an earlier update made; undefined for a new one. */
  readonly state: FoundBox["state"] | undefined;
}

/** Returns the generation of every box by name. @param vagrant the project's folder of that name */
export function boxGenerations(
  provider: BoxProvider,
  cluster: string,
  runFolder: string,
  vagrant: string,
  boxes: readonly string[],
): Readonly<Record<string, Generation>> {
  const stopped = existsSync(join(runFolder, STOPPED_FILE));
  return Object.fromEntries(
    boxes.map((box) => {
      const file = join(runFolder, "generations", box);
      const recorded = existsSync(file) ? readFileSync(file, "utf8") : undefined;
      const found: FoundBox =
        provider === "docker" && recorded !== undefined
          ? findBox(cluster, box, vagrant, statSync(file).mtimeMs)
          : { state: "running", since: "" };
      const state = recorded === undefined ? undefined : found.state;
      return [box, { wanted: nextGeneration(recorded, found, stopped), state }];
    }),
  );
}
