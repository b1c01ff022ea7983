/** Shared parts of commands. A command loads its heavy modules in its action, so that `env` and `kubectl` start fast. */
import type { Command } from "commander";
import type { Context } from "@inaetics/stack";
import { createProgress } from "@inaetics/workstation";
import { requireOwner } from "../ownership/require";
import { requireStarted } from "../boxes/states";
import { setUpPulumi } from "../setup";
import { yesOption } from "./options";

/** Returns the stack that `--stack` or `INAETICS_STACK` names. Throws a Failure when the name is not allowed. */
export type ContextOf = () => Context;

/** Adds one command to the program. */
export type Register = (program: Command, context: ContextOf) => void;

/**
 * Returns an action that sets up Pulumi and then does `work`. Beforehand it checks that this checkout owns the boxes.
 * @param touches returns false for arguments with which a command neither shows nor changes the cluster
 */
export function withPulumi<Given extends readonly unknown[]>(
  context: ContextOf,
  work: (context: Context, ...given: Given) => Promise<void>,
  touches: (...given: NoInfer<Given>) => boolean = () => true,
): (...given: Given) => Promise<void> {
  return async (...given) => {
    const stack = context();
    if (touches(...given)) await requireOwner(stack);
    await setUpPulumi(stack, createProgress());
    await work(stack, ...given);
  };
}

/** Returns the same for work that needs running boxes. */
export function withCluster<Given extends readonly unknown[]>(
  context: ContextOf,
  work: (context: Context, ...given: Given) => Promise<void>,
): (...given: Given) => Promise<void> {
  return withPulumi(context, async (stack, ...given: Given) => {
    await requireStarted(stack);
    await work(stack, ...given);
  });
}

/** Adds a command that runs a Pulumi operation and passes further options on to it. */
export function operationCommand(program: Command, name: "up" | "refresh", description: string): Command {
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
  touches?: (args: readonly string[]) => boolean,
): void {
  program
    .command(name)
    .description(description)
    .argument("[args...]")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(
      withPulumi<[readonly string[]]>(
        context,
        async (stack, args: readonly string[]) => {
          process.exitCode = await run(stack, args);
        },
        touches,
      ),
    );
}
