import * as fs from "node:fs";
import { Context, sshOptions, statePaths, stackOutputs, unattended } from "@inaetics/stack";
import { Failure, run, runAttached } from "@inaetics/workstation";

/**
 * Logs in to a box, or runs a command there.
 * @param words command and arguments as ssh takes them; empty for a shell
 * @returns the exit code of the command
 */
export async function ssh(context: Context, box: string, words: readonly string[]): Promise<number> {
  return runAttached("ssh", await sshArguments(context, box, words));
}

/**
 * Runs a command line in a box's shell and returns its output.
 * @throws Failure with the end of its output
 */
export async function runOnBox(context: Context, box: string, command: string): Promise<string> {
  const args = await sshArguments(context, box, [command]);
  return run("ssh", [...unattended, ...args], { timeout: 60_000, cure: "Run: ./cluster status" });
}

/** Arguments of ssh for a command on a box, or for a shell. Throws a Failure when the box does not exist. */
export async function sshArguments(
  context: Context,
  box: string,
  words: readonly string[],
): Promise<readonly string[]> {
  const { nodes } = await stackOutputs(context);
  const boxes = (nodes ?? {}) as Readonly<Record<string, string>>;
  const address = boxes[box];
  if (address === undefined) {
    const names = Object.keys(boxes);
    throw new Failure(
      `no box is called "${box}" in stack ${context.stack}; ${names.length > 0 ? `allowed: ${names.join(", ")}` : "none exists"}`,
      names.length > 0 ? "Run: ./cluster ssh BOX [COMMAND...]" : "Run: ./cluster up",
    );
  }
  return addressArguments(context, address, words);
}

/** Returns the same arguments for a box whose address is known. Throws a Failure when no key exists. */
export function addressArguments(context: Context, address: string, words: readonly string[]): readonly string[] {
  const key = statePaths.sshKey(context);
  if (!fs.existsSync(key)) throw new Failure(`${key} is missing`, "Run: ./cluster up (it writes the key again)");
  return [...sshOptions(context), `vagrant@${address}`, ...words];
}
