import { Command } from "commander";
import { Context } from "./context";
import { pulumiEnvironment } from "./environment";
import { runAttached } from "./process";
import { exportLines } from "./quote";
import { createProgress } from "./progress";
import { setUp, setUpPulumi } from "./setup";

/** Adds every command; each loads its own module only when it is run, so that `env` and `kubectl` start fast. */
export function registerCommands(program: Command, context: () => Context): void {
  program
    .command("prepare")
    .description("get everything that later commands need, so that they run without a network")
    .action(async () => setUp(context(), createProgress(), { thorough: true }));

  program
    .command("env")
    .description('print the environment for plain pulumi and kubectl: eval "$(./cluster env)"')
    .action(async () => {
      await setUpPulumi(context(), createProgress());
      process.stdout.write(exportLines(pulumiEnvironment(context(), process.env)));
    });

  passThrough(program, "pulumi", "run pulumi on the stack", async (args) => {
    await setUpPulumi(context(), createProgress());
    return runAttached("pulumi", args, { cwd: context().root, env: pulumiEnvironment(context(), process.env) });
  });
}

/** A command whose arguments, options too, all go to another program; its exit code becomes ours. */
function passThrough(program: Command, name: string, text: string, action: (args: string[]) => Promise<number>): void {
  program
    .command(name)
    .description(text)
    .argument("[args...]")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (args: string[]) => {
      process.exitCode = await action(args);
    });
}
