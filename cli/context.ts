import * as os from "node:os";
import * as path from "node:path";
import { Failure } from "./failure";

/** Where everything of one stack is. All paths are absolute. */
export interface Context {
  /** The project folder: the one with Pulumi.yaml. */
  readonly root: string;
  /** Shared by all checkouts of this user: programs, images, Go's build cache. */
  readonly cache: string;
  /** This checkout's state: Pulumi's backend, passphrase, plugins' shims. */
  readonly state: string;
  /** Name of the Pulumi stack, e.g. `dev`. */
  readonly stack: string;
  /** Name and label of everything the stack makes in docker: `inaetics-<stack>`. */
  readonly cluster: string;
  /** The stack's own files: ssh key, known hosts, kubeconfig, Vagrant's dotfiles. */
  readonly run: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const defaultStack = "dev";

/**
 * @param stack name given on the command line; else INAETICS_STACK; else `dev`
 * @throws Failure when the name cannot be part of container and host names
 */
export function createContext(environment: Environment, stack?: string): Context {
  const name = stack ?? nonEmpty(environment.INAETICS_STACK) ?? defaultStack;
  if (!/^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$/.test(name)) {
    throw new Failure(
      `stack: got "${name}"; allowed are 1 to 20 lower-case letters, digits and inner dashes`,
      "Choose another name with --stack or INAETICS_STACK: it becomes part of container and host names.",
    );
  }
  // Compiled to <root>/.build/cli/context.js.
  const root = path.resolve(__dirname, "..", "..");
  const state = path.resolve(nonEmpty(environment.INAETICS_STATE) ?? path.join(root, ".state"));
  return {
    root,
    cache: cacheFolder(environment),
    state,
    stack: name,
    cluster: `inaetics-${name}`,
    run: path.join(state, "run", name),
  };
}

/** The stack's settings, `Pulumi.<stack>.yaml`: the user's file, to which Pulumi adds the salt of its secrets. */
export function settingsFile(context: Context): string {
  return path.join(context.root, `Pulumi.${context.stack}.yaml`);
}

/** `INAETICS_CACHE`, else `$XDG_CACHE_HOME/inaetics-cluster`, else `~/.cache/inaetics-cluster`. */
export function cacheFolder(environment: Environment): string {
  const base = nonEmpty(environment.XDG_CACHE_HOME) ?? path.join(os.homedir(), ".cache");
  return path.resolve(nonEmpty(environment.INAETICS_CACHE) ?? path.join(base, "inaetics-cluster"));
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}
