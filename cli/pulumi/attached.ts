import { Context, pulumiEnvironment, requirePassphrase, withStackLock } from "@inaetics/stack";
import { createProgress, runAttached } from "@inaetics/workstation";
import { keepCopy } from "../adoption/keep";
import { prepareRun } from "../drift/repair";
import { healStack } from "./heal";

/** Commands of pulumi that lock the stack, and those of two words that write its state. */
const locking: readonly string[] = ["up", "update", "preview", "destroy", "refresh", "import", "state", "stack import"];

/** True for arguments of pulumi that change the stack or read all of it. Pure. */
export function locksStack(args: readonly string[]): boolean {
  const [first = "", second = ""] = args.filter((arg) => !arg.startsWith("-"));
  return locking.includes(first) || locking.includes(`${first} ${second}`);
}

/**
 * Runs pulumi on this terminal. Clears the remains of an interrupted run before a command that locks the stack.
 * @returns pulumi's exit code
 */
export async function runPulumi(context: Context, args: readonly string[]): Promise<number> {
  const [command = "", ...extra] = args;
  const cwd = context.root;
  const env = pulumiEnvironment(context, process.env);
  if (!locksStack(args)) return runAttached("pulumi", args, { cwd, env });
  requirePassphrase(context);
  const progress = createProgress();
  return withStackLock(context, progress, async () => {
    await healStack(context, progress);
    const repair = await prepareRun(context, command, extra, progress);
    const code = await runAttached("pulumi", [...args, ...repair.args], { cwd, env: { ...env, ...repair.env } });
    if (command !== "preview") await keepCopy(context, progress);
    return code;
  });
}
