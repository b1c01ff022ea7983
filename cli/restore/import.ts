import { secretKeys } from "@inaetics/model/cluster";
import { Context, pulumiEnvironment, recordedResources, settingsFile, readText } from "@inaetics/stack";
import { Progress, run, withStep } from "@inaetics/workstation";
import * as z from "zod/mini";
import { entryNames } from "../backup/format";
import { ensureStack } from "../setup/stack";
import type { OpenedBackup } from "./read";
import { keptState, parseExport } from "./state";

const configurationSchema = z.record(z.string(), z.object({ value: z.optional(z.string()) }));

/** Puts the passwords and the authority of a backup into the state of a new stack. Secrets go through pipes only. */
export function importLogins(context: Context, opened: OpenedBackup, progress: Progress): Promise<void> {
  return withStep(progress, "logins and certificate authority", async () => {
    await ensureStack(context);
    await setSecrets(context, opened);
    // An interrupted restore has them already.
    if (recordedResources(context).some(({ type }) => type.endsWith("pki:Password"))) return;
    const own = parseExport(await pulumi(context, ["stack", "export"]));
    const saved = parseExport(opened.text(entryNames.state));
    const state = keptState(saved, own, { saved: opened.manifest.stack, own: context.stack });
    await pulumi(context, ["stack", "import"], JSON.stringify(state));
  });
}

/** Sets the passwords that were given as settings, unless this checkout gives others. */
async function setSecrets(context: Context, opened: OpenedBackup): Promise<void> {
  const saved = z.parse(configurationSchema, JSON.parse(opened.text(entryNames.configuration)));
  const here = readText(settingsFile(context)) ?? "";
  for (const key of secretKeys) {
    const value = saved[`inaetics:${key}`]?.value;
    if (value === undefined || new RegExp(`^\\s*(inaetics:)?${key}:`, "m").test(here)) continue;
    await pulumi(context, ["config", "set", "--secret", key], value);
  }
}

function pulumi(context: Context, args: readonly string[], input?: string): Promise<string> {
  return run("pulumi", [...args, "--non-interactive"], {
    cwd: context.root,
    env: pulumiEnvironment(context, process.env),
    timeout: 120_000,
    ...(input === undefined ? {} : { input }),
  });
}
