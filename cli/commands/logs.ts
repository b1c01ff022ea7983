import { Option, type Command } from "commander";
import type { LogsOptions } from "../logs/show";
import { withCluster, type ContextOf } from "../registration/actions";
import { jsonOption } from "../registration/options";

/** `./cluster logs` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("logs")
    .description("show the log of a pod or the journal of a box (the newest 200 lines), or collect all of them")
    .argument("[name]", "a box or a pod: its name, the beginning of the name, or a part of it", "")
    .option("-f, --follow", "continue with new lines until Ctrl-C")
    .option("--since <duration>", "only lines that are not older: 45s, 10m, 1h30m, 2d")
    .option("--tail <lines>", "only this many of the newest lines")
    .option("-p, --previous", "the log of a pod's container before its last restart")
    .addOption(jsonOption("print each line as JSON: source, time, part, text; with --export the written files"))
    .addOption(
      new Option(
        "--export <folder>",
        "write all journals, logs, events and versions to a new folder, without secrets",
      ).conflicts(["follow", "previous"]),
    )
    .action(
      withCluster(context, async (stack, name: string, options: LogsOptions) => {
        const { logs, logsExport } = await import("../logs/show.js");
        if (options.export === undefined) process.exitCode = await logs(stack, name, options);
        else await logsExport(stack, name, options.export, options);
      }),
    );
}
