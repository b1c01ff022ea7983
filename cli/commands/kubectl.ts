import type { Command } from "commander";
import { ensureKubeconfig, pulumiEnvironment } from "@inaetics/stack";
import { runAttached } from "@inaetics/workstation";
import { requireStarted } from "../boxes/states";
import { passThrough, type ContextOf } from "../registration/actions";

/** `./cluster kubectl` */
export function register(program: Command, context: ContextOf): void {
  passThrough(program, context, "kubectl", "run kubectl on the cluster", async (stack, args) => {
    await requireStarted(stack);
    await ensureKubeconfig(stack);
    return runAttached("kubectl", args, { env: pulumiEnvironment(stack, process.env) });
  });
}
