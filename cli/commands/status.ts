import type { Command } from "commander";
import { withPulumi, type ContextOf } from "../registration/actions";
import { jsonOption, type JsonOption } from "../registration/options";

/** `./cluster status` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("status")
    .description("show boxes, nodes, workloads, queue, load, last decisions and addresses; exit code 1 with problems")
    .addOption(jsonOption())
    .action(
      withPulumi(context, async (stack, { json = false }: JsonOption) => {
        const { showStatus } = await import("../status/show.js");
        await showStatus(stack, json);
      }),
    );
}
