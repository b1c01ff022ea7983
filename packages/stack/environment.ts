import { STOPPED_FILE } from "@inaetics/model";
import type { Environment } from "@inaetics/workstation";
import * as fs from "node:fs";
import * as path from "node:path";
import { Context } from "./context";

/** Files under the state folder that several commands share. */
export const statePaths = {
  backend: (context: Context) => path.join(context.state, "pulumi"),
  /** Pulumi's file of each stack's deployment. */
  stacks: (context: Context) => path.join(context.state, "pulumi", ".pulumi", "stacks", "inaetics"),
  passphrase: (context: Context) => path.join(context.state, "passphrase"),
  pulumiHome: (context: Context) => path.join(context.state, "pulumi-home"),
  plugins: (context: Context) => path.join(context.state, "plugins"),
  boxImage: (context: Context) => path.join(context.state, "box-image"),
  /** This checkout's id for the stack; the docker objects that it makes are labelled with it. */
  checkout: (context: Pick<Context, "state" | "stack">) => path.join(context.state, "checkout", context.stack),
  kubeconfig: (context: Context) => path.join(context.run, "kubeconfig"),
  sshKey: (context: Context) => path.join(context.run, "ssh", "id"),
  knownHosts: (context: Context) => path.join(context.run, "ssh", "known_hosts"),
  /** Exists while a restore is not complete. */
  restoring: (context: Context) => path.join(context.run, "restoring.json"),
  /** Exists while the boxes are stopped on purpose. */
  stopped: (context: Context) => path.join(context.run, STOPPED_FILE),
};

/**
 * Returns the variables that `pulumi` and the program need, and nothing else. `./cluster env` prints them. Every
 * command of the cluster runs Pulumi with them, so that both always see the same stack.
 */
export function pulumiEnvironment(context: Context, environment: Environment): Record<string, string> {
  const own = [statePaths.plugins(context), path.join(context.cache, "bin")];
  const inherited = (environment.PATH ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(":");
  return {
    PATH: [...own, ...inherited.filter((folder) => !own.includes(folder))].join(":"),
    PULUMI_HOME: statePaths.pulumiHome(context),
    PULUMI_BACKEND_URL: `file://${encodeURI(statePaths.backend(context))}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(context, environment),
    PULUMI_STACK: context.stack,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DIY_BACKEND_NO_LEGACY_WARNING: "true",
    PULUMI_SUPPRESS_NEO_LINK: "true",
    // Set-up installs the plugins. A missing plugin is then an error with its name, not a minute of retries.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    KUBECONFIG: statePaths.kubeconfig(context),
    INAETICS_STATE: context.state,
    INAETICS_CACHE: context.cache,
    INAETICS_STACK: context.stack,
    INAETICS_PROGRAMS: path.join(context.cache, "boxes"),
    INAETICS_IMAGES: path.join(context.cache, "images"),
    INAETICS_CHECKOUT: readLine(statePaths.checkout(context)) ?? "",
    INAETICS_BOX_IMAGE: readLine(statePaths.boxImage(context)) ?? "",
  };
}

/** The file that Pulumi reads the passphrase from: the user's own choice, else the checkout's. */
export function passphraseFile(context: Context, environment: Environment): string {
  const chosen = environment.PULUMI_CONFIG_PASSPHRASE_FILE;
  return chosen === undefined || chosen === "" ? statePaths.passphrase(context) : path.resolve(chosen);
}

/** A file's text, or undefined when it cannot be read. */
export function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** First line of a file, or undefined when it cannot be read. */
export function readLine(file: string): string | undefined {
  return readText(file)?.split("\n")[0];
}
