import type { Command } from "commander";
import type { AdoptOptions } from "../lifecycle/adopt";
import type { ContextOf } from "../registration/actions";

/** `./cluster adopt` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("adopt")
    .description("take up boxes whose state was lost, by the encrypted copy on the controller and the passphrase")
    .option("--passphrase-file <file>", "file with the passphrase; else Pulumi's variables, or a question")
    .option("--take-over", "even when another living checkout has the boxes")
    .action(async (options: AdoptOptions) => {
      const { adopt } = await import("../lifecycle/adopt.js");
      await adopt(context(), options);
    });
}
