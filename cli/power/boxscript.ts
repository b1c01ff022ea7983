import { Context, pulumiEnvironment } from "@inaetics/stack";
import { run } from "@inaetics/workstation";
import * as path from "node:path";
import type { Machine } from "./machines";

/** Runs `vagrant/scripts/box ACTION` for a machine. @throws Failure with the script's message */
export async function boxScript(context: Context, action: "up" | "halt", machine: Machine): Promise<void> {
  await run(path.join(context.root, "vagrant/scripts/box"), [action, machine.name], {
    cwd: context.root,
    env: { ...pulumiEnvironment(context, process.env), ...machine.environment },
    timeout: 240_000,
    cure: "The command can be repeated.",
  });
}
