import { cacheFolder, Failure, nonEmpty, stateFolder, type Environment } from "@inaetics/workstation";
import * as path from "node:path";

/** Names and folders of one stack. All paths are absolute. */
export interface Context {
  /** The project folder: the one with Pulumi.yaml. */
  readonly root: string;
  /** Shared by all checkouts of this user: programs, images, Go's build cache. */
  readonly cache: string;
  /** This checkout's state: Pulumi's backend, passphrase, plugins' shims. */
  readonly state: string;
  /** Name of the Pulumi stack, e.g. `dev`. */
  readonly stack: string;
  /** Name and label of the stack's docker objects: `inaetics-<stack>`. */
  readonly cluster: string;
  /** The stack's own files: ssh key, known hosts, kubeconfig, Vagrant's dotfiles. */
  readonly run: string;
}

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
      "Choose another name with --stack or INAETICS_STACK, because it becomes part of container and host names.",
    );
  }
  // Compiled to <root>/.build/packages/stack/context.js.
  const root = path.resolve(__dirname, "..", "..", "..");
  const state = stateFolder(environment, root);
  return {
    root,
    cache: cacheFolder(environment),
    state,
    stack: name,
    cluster: `inaetics-${name}`,
    run: path.join(state, "run", name),
  };
}

/** Returns the command that users type for this stack, to be shown in hints: `./cluster`, `./cluster --stack other`. */
export function clusterCommand({ stack }: Pick<Context, "stack">, program = "./cluster"): string {
  return stack === defaultStack ? program : `${program} --stack ${stack}`;
}

/** The stack's settings, `Pulumi.<stack>.yaml`: the user's file, to which Pulumi adds the salt of its secrets. */
export function settingsFile(context: Context): string {
  return path.join(context.root, `Pulumi.${context.stack}.yaml`);
}
