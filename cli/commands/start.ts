import type { Command } from "commander";
import { withPulumi, type ContextOf } from "../registration/actions";

/** `./cluster start` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("start")
    .description("start the boxes that `stop` halted, and wait until samples flow")
    .action(
      withPulumi(context, async (stack) => {
        const { start } = await import("../lifecycle/start.js");
        await start(stack);
      }),
    );
}
