import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Folder of programs, images and Go's build cache: `INAETICS_CACHE`, else in `XDG_CACHE_HOME`, else in `~/.cache`. */
export function cacheFolder(environment: Environment): string {
  const base = nonEmpty(environment["XDG_CACHE_HOME"]) ?? join(homedir(), ".cache");
  return resolve(nonEmpty(environment["INAETICS_CACHE"]) ?? join(base, "inaetics-cluster"));
}

/** Folder of Pulumi's backend, passphrase and the stacks' own files: `INAETICS_STATE`, else `.state` of the project. */
export function stateFolder(environment: Environment, project: string): string {
  return resolve(nonEmpty(environment["INAETICS_STATE"]) ?? join(project, ".state"));
}

/** The value of a variable; one that is empty counts as absent. */
export function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
