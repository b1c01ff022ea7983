import * as fs from "node:fs";
import { Context } from "../context";
import { statePaths } from "../environment";
import { Failure } from "../failure";
import { runAttached } from "../process";
import { stackOutputs } from "../stack";

/**
 * Logs in to a box, or runs a command there.
 * @param words command and arguments as ssh takes them; empty for a shell
 * @returns the exit code of the command
 */
export async function ssh(context: Context, box: string, words: readonly string[]): Promise<number> {
  const { nodes } = await stackOutputs(context);
  const boxes = (nodes ?? {}) as Readonly<Record<string, string>>;
  const address = boxes[box];
  if (address === undefined) {
    const names = Object.keys(boxes);
    throw new Failure(
      `no box is called "${box}" in stack ${context.stack}; ${names.length > 0 ? `there are: ${names.join(", ")}` : "there are none"}`,
      names.length > 0 ? undefined : "Run: ./cluster up",
    );
  }
  const key = statePaths.sshKey(context);
  if (!fs.existsSync(key)) throw new Failure(`${key} is missing`, "Run: ./cluster up (it writes the key anew)");
  return runAttached("ssh", [...sshOptions(context), `vagrant@${address}`, ...words]);
}

/** Only our key, and only the boxes' own host keys. */
export function sshOptions(context: Context): string[] {
  const options = {
    IdentitiesOnly: "yes",
    UserKnownHostsFile: statePaths.knownHosts(context),
    GlobalKnownHostsFile: "/dev/null",
    StrictHostKeyChecking: "yes",
    ConnectTimeout: "10",
    LogLevel: "ERROR",
  };
  return [
    "-i",
    statePaths.sshKey(context),
    ...Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`]),
  ];
}
