import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { Context } from "./context";
import { pulumiEnvironment, statePaths } from "./environment";
import { Failure, messageOf } from "./failure";
import { run, tryRun } from "./process";
import { sharePluginFolder } from "./setup/plugins";

/** Where the file backend keeps a stack's deployment. */
export function checkpointFile(context: Context): string {
  return path.join(statePaths.backend(context), ".pulumi", "stacks", "inaetics", `${context.stack}.json`);
}

/**
 * Makes what Pulumi needs to start: the file backend, a passphrase of this checkout (mode 600) and the stack itself.
 * Does nothing that is already done.
 */
export async function ensureStack(context: Context): Promise<void> {
  createFolders(context);
  const isNew = ensurePassphrase(context);
  if (fs.existsSync(checkpointFile(context))) return;
  if (isNew) forgetOldSalt(context);
  await run("pulumi", ["stack", "init", context.stack, "--non-interactive"], {
    cwd: context.root,
    env: pulumiEnvironment(context, process.env),
  });
}

function createFolders(context: Context): void {
  for (const folder of [context.state, context.run, statePaths.backend(context), statePaths.pulumiHome(context)]) {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  sharePluginFolder(context);
}

/** Whether a passphrase had to be made. */
function ensurePassphrase(context: Context): boolean {
  const file = statePaths.passphrase(context);
  try {
    // "wx" never replaces one: the secrets in the state can only be read with the passphrase that encrypted them.
    fs.writeFileSync(file, randomBytes(24).toString("base64url"), { mode: 0o600, flag: "wx" });
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    fs.chmodSync(file, 0o600);
    return false;
  }
}

/**
 * Pulumi keeps the passphrase's salt in the stack's settings. Settings that come from another checkout, or from before
 * the state was removed, have one that does not fit the new passphrase.
 */
function forgetOldSalt(context: Context): void {
  const file = path.join(context.root, `Pulumi.${context.stack}.yaml`);
  if (!fs.existsSync(file)) return;
  const text = fs.readFileSync(file, "utf8");
  if (/^\s+secure:/m.test(text)) {
    throw new Failure(
      `${file} has secrets that were encrypted with a passphrase that is not here`,
      `Put that passphrase into ${statePaths.passphrase(context)}, or remove the "secure:" values and set them again.`,
    );
  }
  fs.writeFileSync(file, text.replace(/^encryptionsalt:.*\n?/m, ""));
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
    throw new Failure(
      `the outputs of stack ${context.stack} cannot be read: ${result.problem ?? result.stderr.trim()}`,
      "Was .state/passphrase changed or removed? Without it the secrets of the state cannot be read.",
    );
  }
  try {
    return JSON.parse(result.stdout) as Record<string, unknown>;
  } catch (error) {
    throw new Failure(`pulumi stack output printed no JSON: ${messageOf(error)}`);
  }
}
