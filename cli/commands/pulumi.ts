import type { Command } from "commander";
import { passThrough, type ContextOf } from "../registration/actions";

/** `./cluster pulumi` */
export function register(program: Command, context: ContextOf): void {
  passThrough(program, context, "pulumi", "run pulumi on the stack", async (stack, args) => {
    const { runPulumi } = await import("../pulumi/attached.js");
    return runPulumi(stack, args);
  });
}
