import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import {
  checkpointFile,
  Context,
  ensurePassphrase,
  pulumiEnvironment,
  requirePassphrase,
  statePaths,
  withStackLock,
} from "@inaetics/stack";
import { createProgress, run } from "@inaetics/workstation";
import { sharePluginFolder } from "./plugins";

/** Makes the folders that Pulumi needs: its backend and its home, with the plugins that all checkouts share. */
export function ensureFolders(context: Context): void {
  for (const folder of [context.state, context.run, statePaths.backend(context), statePaths.pulumiHome(context)]) {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  sharePluginFolder(context);
}

/**
 * Makes the passphrase and the stack if they do not exist. Pulumi adds the salt of its secrets to the stack's file;
 * nothing else changes there.
 * @throws Failure when the passphrase is lost, or does not fit the file's salt
 */
export async function ensureStack(context: Context): Promise<void> {
  ensureFolders(context);
  ensurePassphrase(context);
  ensureCheckoutId(context);
  if (fs.existsSync(checkpointFile(context))) return;
  requirePassphrase(context);
  await withStackLock(context, createProgress(), async () => {
    // Another ./cluster may have made it by now.
    if (fs.existsSync(checkpointFile(context))) return;
    await run("pulumi", ["stack", "init", context.stack, "--non-interactive"], {
      cwd: context.root,
      env: pulumiEnvironment(context, process.env),
    });
  });
}

/** Makes this checkout's id for the stack if it has none. */
function ensureCheckoutId(context: Context): void {
  const file = statePaths.checkout(context);
  if (fs.existsSync(file)) return;
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    fs.writeFileSync(file, `${randomUUID()}\n`, { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}
