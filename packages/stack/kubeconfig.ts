import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseDocument, parse, stringify } from "yaml";
import { writeAtomically, Failure, withFileLock, Progress } from "@inaetics/workstation";
import { Context } from "./context";
import { readText, statePaths } from "./environment";
import { firstThatAnswers } from "./living";
import { checkpointFile, stackOutputs } from "./outputs";

interface Entry {
  readonly name: string;
  readonly [key: string]: unknown;
}

/** Parts of a kubeconfig file that are read and written here. */
interface Kubeconfig {
  readonly clusters?: readonly Entry[] | null;
  readonly users?: readonly Entry[] | null;
  readonly contexts?: readonly Entry[] | null;
  readonly "current-context"?: string;
  readonly [key: string]: unknown;
}

/** Writes the stack's kubeconfig where only this user can read it. */
export function writeKubeconfig(context: Context, outputs: Readonly<Record<string, unknown>>): string {
  const { kubeconfig } = outputs;
  if (kubeconfig === undefined) {
    throw new Failure(`stack ${context.stack} has no cluster yet: it has no output "kubeconfig"`, "Run: ./cluster up");
  }
  const file = statePaths.kubeconfig(context);
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeAtomically(file, typeof kubeconfig === "string" ? kubeconfig : stringify(kubeconfig), 0o600);
  return file;
}

/** Returns the stack's kubeconfig file. Writes it again when the state is newer. */
export async function ensureKubeconfig(context: Context): Promise<string> {
  const file = statePaths.kubeconfig(context);
  const written = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const changed = fs.statSync(checkpointFile(context), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (!(written > changed && changed > 0)) writeKubeconfig(context, await stackOutputs(context));
  return useController(file);
}

/**
 * Returns the kubeconfig as it was last written, with the first controller that answers as its only cluster; undefined
 * before the first `up`.
 */
export async function livingKubeconfig(context: Context): Promise<string | undefined> {
  const text = readText(statePaths.kubeconfig(context));
  if (text === undefined) return undefined;
  const kubeconfig = parse(text) as Kubeconfig;
  const [first, ...others] = (kubeconfig.clusters ?? []).map(serverOf);
  if (first === undefined) return undefined;
  const living = await firstThatAnswers([first, ...others]);
  return stringify({ ...kubeconfig, clusters: kubeconfig.clusters?.filter((entry) => serverOf(entry) === living) });
}

function serverOf(entry: Entry): string {
  return (entry["cluster"] as { readonly server: string }).server;
}

/** Makes the context of the first controller that answers the file's current one. */
async function useController(file: string): Promise<string> {
  const kubeconfig = parse(fs.readFileSync(file, "utf8")) as Kubeconfig;
  const servers = serversOf(kubeconfig);
  const [first, ...others] = servers.map(({ server }) => server);
  if (first === undefined || others.length === 0) return file;
  const living = await firstThatAnswers([first, ...others]);
  const name = servers.find(({ server }) => server === living)?.context;
  if (name !== kubeconfig["current-context"]) {
    writeAtomically(file, stringify({ ...kubeconfig, "current-context": name }, { lineWidth: 0 }), 0o600);
  }
  return file;
}

/** Returns the contexts with the addresses of their API servers. Pure. */
export function serversOf({ clusters, contexts }: Kubeconfig): readonly { context: string; server: string }[] {
  return (contexts ?? []).flatMap((entry) => {
    const { cluster } = entry["context"] as { readonly cluster: string };
    const found = clusters?.find(({ name }) => name === cluster);
    return found === undefined ? [] : [{ context: entry.name, server: serverOf(found) }];
  });
}

/** Returns the user's own kubeconfig: the first file of KUBECONFIG that is not the stack's, else ~/.kube/config. */
export function userKubeconfig(context: Context, environment = process.env): string {
  const first = environment.KUBECONFIG?.split(":").find(
    (file) => file !== "" && file !== statePaths.kubeconfig(context),
  );
  return first ?? path.join(os.homedir(), ".kube", "config");
}

/**
 * Adds the stack's cluster to the user's kubeconfig as context `inaetics-<stack>` and makes it the current one.
 * @returns the file that was changed
 */
export async function mergeKubeconfig(context: Context, progress: Progress): Promise<string> {
  const own = parse(fs.readFileSync(await ensureKubeconfig(context), "utf8")) as Kubeconfig;
  const file = userKubeconfig(context);
  await change(file, progress, (current) => merge(current, own, context.cluster));
  return file;
}

/** Removes the context that {@link mergeKubeconfig} added. Leaves a file without it unchanged. */
export async function unmergeKubeconfig(context: Context, progress: Progress): Promise<void> {
  const file = userKubeconfig(context);
  if (!fs.existsSync(file) || !fs.readFileSync(file, "utf8").includes(context.cluster)) return;
  await change(file, progress, (current) => remove(current, context.cluster));
}

/** Returns `current` with the one cluster, user and context of `own`, all called `name`. Pure. */
export function merge(current: Kubeconfig, own: Kubeconfig, name: string): Kubeconfig {
  const rest = remove(current, name);
  const used = own.contexts?.find((entry) => entry.name === own["current-context"])?.["context"] as
    { readonly cluster?: string } | undefined;
  const cluster = own.clusters?.find((entry) => entry.name === used?.cluster) ?? own.clusters?.[0];
  return {
    apiVersion: "v1",
    kind: "Config",
    ...rest,
    clusters: [...(rest.clusters ?? []), { ...cluster, name }],
    users: [...(rest.users ?? []), { ...own.users?.[0], name }],
    contexts: [...(rest.contexts ?? []), { name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
}

/** Returns `current` without the cluster, user and context called `name`. Pure. */
export function remove(current: Kubeconfig, name: string): Kubeconfig {
  const without = (entries: readonly Entry[] | null | undefined) =>
    (entries ?? []).filter((entry) => entry.name !== name);
  const { "current-context": selected, ...rest } = current;
  return {
    ...rest,
    clusters: without(current.clusters),
    users: without(current.users),
    contexts: without(current.contexts),
    ...(selected === undefined || selected === name ? {} : { "current-context": selected }),
  };
}

async function change(file: string, progress: Progress, edit: (current: Kubeconfig) => Kubeconfig): Promise<void> {
  await withFileLock(`${file}.inaetics-lock`, "a change of the kubeconfig", progress, () => {
    const document = parseDocument(fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "");
    if (document.errors.length > 0) {
      throw new Failure(
        `${file} is not valid YAML: ${document.errors[0]?.message ?? ""}`,
        "Correct that file, or move it away.",
      );
    }
    writeAtomically(file, stringify(edit((document.toJS() as Kubeconfig | null) ?? {})), 0o600);
    return Promise.resolve();
  });
  fs.rmSync(`${file}.inaetics-lock.holder`, { force: true });
}
