/** Shared parts of commands. A command loads its heavy modules in its action, so that `env` and `kubectl` start fast. */
import type { Command } from "commander";
import type { Context } from "@inaetics/stack";
import { createProgress } from "@inaetics/workstation";
import { setUpPulumi } from "../setup";
import { yesOption } from "./options";

/** Returns the stack that `--stack` or `INAETICS_STACK` names. Throws a Failure when the name is not allowed. */
export type ContextOf = () => Context;

/** Adds one command to the program. */
export type Register = (program: Command, context: ContextOf) => void;

/** Returns an action that sets up Pulumi and then does `work`. */
export function withPulumi<Given extends readonly unknown[]>(
  context: ContextOf,
  work: (context: Context, ...given: Given) => Promise<void>,
): (...given: Given) => Promise<void> {
  return async (...given) => {
    const stack = context();
    await setUpPulumi(stack, createProgress());
    await work(stack, ...given);
  };
}

/** Adds a command that runs a Pulumi operation and passes further options on to it. */
export function operationCommand(program: Command, name: "up" | "destroy" | "refresh", description: string): Command {
  return program
    .command(name)
    .description(description)
    .addOption(yesOption("accepted as pulumi accepts it; these commands never ask").hideHelp())
    .argument("[options...]", `further options of pulumi ${name}, after --`);
}

/** Adds a command that passes all arguments and options to another program and ends with that program's exit code. */
export function passThrough(
  program: Command,
  context: ContextOf,
  name: string,
  description: string,
  run: (context: Context, args: readonly string[]) => Promise<number>,
): void {
  program
    .command(name)
    .description(description)
    .argument("[args...]")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(
      withPulumi(context, async (stack, args: readonly string[]) => {
        process.exitCode = await run(stack, args);
      }),
    );
}
