import type { Command } from "commander";
import type { BackupOptions } from "../backup/schedule";
import { withCluster, type ContextOf } from "../registration/actions";

/** `./cluster backup` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("backup")
    .description("save samples, results, software, settings and keys in a file that only the passphrase opens")
    .argument("[file]", "a new file; default: one in the stack's folder below ~/.local/share/inaetics-cluster/backups")
    .option("--schedule <interval>", "also make one hourly or daily, from now on; off: no longer")
    .option("--keep <number>", "number of the newest backups that stay in the stack's folder; of a schedule: 7")
    .action(
      withCluster(context, async (stack, file: string | undefined, options: BackupOptions) => {
        const { runBackup } = await import("../backup/schedule.js");
        await runBackup(stack, file, options);
      }),
    );
}
