import * as fs from "node:fs";
import * as path from "node:path";
import { Context } from "./context";
import { pulumiEnvironment, statePaths } from "./environment";
import { Failure, messageOf } from "./failure";
import { ensurePassphrase, requirePassphrase } from "./passphrase";
import { run, tryRun } from "./process";
import { sharePluginFolder } from "./setup/plugins";

/** Where the file backend keeps a stack's deployment. */
export function checkpointFile(context: Context): string {
  return path.join(statePaths.stacks(context), `${context.stack}.json`);
}

/** Makes the folders that Pulumi needs: its backend and its home, with the plugins that all checkouts share. */
export function ensureFolders(context: Context): void {
  for (const folder of [context.state, context.run, statePaths.backend(context), statePaths.pulumiHome(context)]) {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  sharePluginFolder(context);
}

/**
 * Makes the passphrase and the stack where there are none. Does nothing that is already done.
 * Pulumi adds the salt of its secrets to the stack's file; nothing else changes there.
 * @throws Failure when the passphrase is lost, or does not fit the file's salt
 */
export async function ensureStack(context: Context): Promise<void> {
  ensureFolders(context);
  ensurePassphrase(context);
  if (fs.existsSync(checkpointFile(context))) return;
  requirePassphrase(context);
  await run("pulumi", ["stack", "init", context.stack, "--non-interactive"], {
    cwd: context.root,
    env: pulumiEnvironment(context, process.env),
  });
}

/**
 * The stack's outputs with secrets in clear; an empty object before the first `up`.
 * @throws Failure when the state cannot be read
 */
export async function stackOutputs(context: Context): Promise<Readonly<Record<string, unknown>>> {
  if (!fs.existsSync(checkpointFile(context))) return {};
  const result = await tryRun("pulumi", ["stack", "output", "--json", "--show-secrets", "--non-interactive"], {
    cwd: context.root,
    env: pulumiEnvironment(context, process.env),
  });
  if (result.exitCode !== 0) {
    requirePassphrase(context);
    throw new Failure(
      `the outputs of stack ${context.stack} cannot be read: ${result.problem ?? result.stderr.trim()}`,
    );
  }
  try {
    return JSON.parse(result.stdout) as Record<string, unknown>;
  } catch (error) {
    throw new Failure(`pulumi stack output printed no JSON: ${messageOf(error)}`);
  }
}
