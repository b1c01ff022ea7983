/** Folders of the machine that runs the program: its cache and the stack's own files. Also reads sources from them. */
import { cacheFolder, stateFolder } from "@inaetics/workstation";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

/** Folders on the workstation; absolute paths. */
export interface Workstation {
  /** The project's folder. */
  readonly project: string;
  /** Programs and images, shared by checkouts. */
  readonly cache: string;
  /** Files of this stack: keys, kubeconfig, Vagrant's own state. */
  readonly run: string;
}

/** Returns the folders of a stack. */
export function workstation(stack: string): Workstation {
  const project = resolve(__dirname, "..", "..");
  const run = join(stateFolder(process.env, project), "run", stack);
  return { project, cache: cacheFolder(process.env), run };
}

/** Lists every file below a folder, sorted, without the results of building and testing. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !["node_modules", "dist", "target", ".vagrant"].includes(entry.name))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();
}

/** Returns a short hash of all files' content below the folders; it changes with any source. */
export function contentHash(...folders: readonly string[]): string {
  const hash = createHash("sha256");
  for (const folder of folders) {
    for (const file of existsSync(folder) ? filesBelow(folder) : []) {
      hash.update(relative(folder, file)).update("\0").update(readFileSync(file)).update("\0");
    }
  }
  return hash.digest("hex").slice(0, 16);
}
