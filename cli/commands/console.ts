import type { Command } from "commander";
import { withCluster, type ContextOf } from "../registration/actions";

/** `./cluster console` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("console")
    .description("open an agent's shell, or run the lines of standard input there: echo lb | ./cluster console POD")
    .argument("[pod]", "the agent's pod: its name, the beginning of the name, or a part of it", "")
    .action(
      withCluster(context, async (stack, pod: string) => {
        const { openConsole } = await import("../console/open.js");
        await openConsole(stack, pod);
      }),
    );
}
