/** Paths to the programs that the set-up put into the cache, for tests. */
import { cacheFolder } from "@inaetics/workstation";
import * as path from "node:path";

/** The folder of the cache's programs. */
export const toolFolder = path.join(cacheFolder(process.env), "bin");

/** PATH with the cache's programs behind this machine's own. */
export const searchPath = `${process.env["PATH"] ?? ""}${path.delimiter}${toolFolder}`;

/** This process's variables, with the cache's programs found before this machine's own. */
export function toolsFirst(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${toolFolder}${path.delimiter}${process.env["PATH"] ?? ""}` };
}
