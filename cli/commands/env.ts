import type { Command } from "commander";
import { exportLines } from "@inaetics/base";
import { pulumiEnvironment } from "@inaetics/stack";
import { withPulumi, type ContextOf } from "../registration/actions";
import { jsonOption, type JsonOption } from "../registration/options";

/** `./cluster env` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("env")
    .description('print the environment for plain pulumi and kubectl: eval "$(./cluster env)"')
    .addOption(jsonOption())
    .action(
      withPulumi(
        context,
        async (stack, { json = false }: JsonOption) => {
          const variables = pulumiEnvironment(stack, process.env);
          process.stdout.write(json ? `${JSON.stringify(variables, null, 2)}\n` : exportLines(variables));
        },
        () => false,
      ),
    );
}
