import { Command } from "commander";
import { createContext, defaultStack, nameStack } from "@inaetics/stack";
import { Failure, Interrupted } from "@inaetics/workstation";
import { messageOf } from "@inaetics/base";
import { registerCommands } from "./commands";

const program = new Command("./cluster")
  .description("The INAETICS cluster as code: boxes, Kubernetes, registry and demonstrator, from one Pulumi program.")
  .option("--stack <name>", "stack to work on (default: $INAETICS_STACK, else dev)")
  .enablePositionalOptions()
  .showHelpAfterError("(./cluster --help lists the commands)");

/** Returns the stack of `--stack` or INAETICS_STACK, for messages. */
function givenStack(): string {
  return program.opts<{ stack?: string }>().stack ?? (process.env["INAETICS_STACK"] || defaultStack);
}

/**
 * Exits with the command's exit code. Prints a Failure as its message and its cure, without a stack trace.
 */
async function main(): Promise<void> {
  registerCommands(program, () => createContext(process.env, program.opts<{ stack?: string }>().stack));
  await program.parseAsync();
}

main().catch((error: unknown) => {
  if (error instanceof Interrupted) {
    process.stderr.write(`${error.message}; run the same command to continue from there\n`);
    process.exitCode = 130;
    return;
  }
  const shown = (text: string) => nameStack(text, givenStack());
  process.stderr.write(`error: ${shown(messageOf(error))}\n`);
  if (error instanceof Failure) {
    if (error.cure !== undefined) process.stderr.write(`  ${shown(error.cure).replaceAll("\n", "\n  ")}\n`);
  } else if (error instanceof Error) {
    process.stderr.write(`${error.stack ?? ""}\n`);
  }
  process.exitCode = 1;
});
