import * as fs from "node:fs";
import * as path from "node:path";
import { Context } from "./context";
import { pulumiEnvironment, statePaths } from "./environment";
import { Failure, tryRun } from "@inaetics/workstation";
import { messageOf } from "@inaetics/base";
import { requirePassphrase } from "./passphrase";

/** File in which the file backend keeps a stack's deployment. */
export function checkpointFile(context: Context): string {
  return path.join(statePaths.stacks(context), `${context.stack}.json`);
}

/**
 * Returns the stack's outputs with unencrypted secrets; an empty object before the first `up`.
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
      "Check the stack: ./cluster doctor",
    );
  }
  try {
    return JSON.parse(result.stdout) as Record<string, unknown>;
  } catch (error) {
    throw new Failure(
      `pulumi stack output printed no JSON: ${messageOf(error)}`,
      "Run: ./cluster pulumi stack output --json",
    );
  }
}
