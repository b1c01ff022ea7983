/** Pulumi's file of a stack's deployment, read and moved without Pulumi. */
import * as fs from "node:fs";
import * as path from "node:path";
import { checkpointFile, Context, readText } from "@inaetics/stack";

interface Resource {
  readonly type: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** Returns the resources of the stack's state; none when it has no state, or one that cannot be read. */
function resourcesOf(context: Context): readonly Resource[] {
  interface State {
    readonly checkpoint?: { readonly latest?: { readonly resources?: readonly Resource[] | null } | null };
  }
  try {
    const state = JSON.parse(readText(checkpointFile(context)) ?? "{}") as State;
    return state.checkpoint?.latest?.resources ?? [];
  } catch {
    return [];
  }
}

/** True when the stack's state has resources. */
export function hasResources(context: Context): boolean {
  return resourcesOf(context).length > 0;
}

/** Returns the address of the dashboard, which is not encrypted. */
export function dashboardOf(context: Context): string | undefined {
  const stack = resourcesOf(context).find(({ type }) => type === "pulumi:pulumi:Stack");
  const address = stack?.outputs?.["dashboard"];
  return typeof address === "string" ? address : undefined;
}

/** True when the stack has virtual machines. They cannot be removed here, and would run on if they were forgotten. */
export function hasVirtualMachines(context: Context): boolean {
  return /"INAETICS_PROVIDER": ?"(virtualbox|libvirt)"/.test(readText(checkpointFile(context)) ?? "");
}

/**
 * Empties the stack's state, without Pulumi, which may not be able to read it. The state is kept beside the others.
 * @returns the file that keeps it; undefined when no state existed
 */
export function putStateAside(context: Context): string | undefined {
  const file = checkpointFile(context);
  // Pulumi would take up a backup whose state is gone.
  const backups = [`${file}.bak`, `${file}.attrs`, `${file}.bak.attrs`];
  for (const each of backups) fs.rmSync(each, { force: true });
  if (!fs.existsSync(file)) return undefined;
  const folder = path.join(context.state, "removed");
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const kept = path.join(folder, `${context.stack}-${new Date().toISOString().replaceAll(":", "")}.json`);
  fs.renameSync(file, kept);
  return kept;
}

/** Removes keys, kubeconfigs and Vagrant's records of the stack. */
export function removeRunFolder(context: Context): void {
  fs.rmSync(context.run, { recursive: true, force: true });
}
