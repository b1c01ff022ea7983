import type { Command } from "commander";
import { createProgress } from "@inaetics/workstation";
import { passThrough, type ContextOf } from "../registration/actions";

/** `./cluster preview` */
export function register(program: Command, context: ContextOf): void {
  const description = "show the changes that `up` would make; takes the options of pulumi preview";
  passThrough(program, context, "preview", description, async (stack, args) => {
    const { requireAddresses } = await import("../doctor/index.js");
    await requireAddresses(stack, createProgress());
    const { runPulumi } = await import("../pulumi/attached.js");
    return runPulumi(stack, ["preview", ...args]);
  });
}
