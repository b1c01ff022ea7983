import type { Command } from "commander";
import { withPulumi, type ContextOf } from "../registration/actions";

/** `./cluster stop` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("stop")
    .description("halt the boxes and keep everything: samples, software, settings")
    .action(
      withPulumi(context, async (stack) => {
        const { stop } = await import("../lifecycle/stop.js");
        await stop(stack);
      }),
    );
}
