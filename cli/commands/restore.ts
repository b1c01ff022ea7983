import type { Command } from "commander";
import type { RestoreOptions } from "../restore/restore";
import type { ContextOf } from "../registration/actions";

/** `./cluster restore` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("restore")
    .description("make the cluster of a backup again, in a stack that has none")
    .argument("<file>", "the backup")
    .option("--passphrase-file <file>", "file with the backup's passphrase; default: this checkout's own")
    .action(async (file: string, options: RestoreOptions) => {
      const { restore } = await import("../restore/restore.js");
      await restore(context(), file, options);
    });
}
