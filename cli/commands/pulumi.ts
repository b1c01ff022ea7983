import type { Command } from "commander";
import { passThrough, type ContextOf } from "../registration/actions";

/** Commands of pulumi that neither show nor change a cluster. */
const harmless: readonly string[] = [
  "config",
  "version",
  "help",
  "about",
  "plugin",
  "schema",
  "whoami",
  "--help",
  "-h",
];

/** `./cluster pulumi` */
export function register(program: Command, context: ContextOf): void {
  const touches = ([name = "help"]: readonly string[]) => !harmless.includes(name);
  passThrough(
    program,
    context,
    "pulumi",
    "run pulumi on the stack",
    async (stack, args) => {
      const { runPulumi } = await import("../pulumi/attached.js");
      return runPulumi(stack, args);
    },
    touches,
  );
}
