import type { Command } from "commander";
import { withCluster, type ContextOf } from "../registration/actions";
import { jsonOption } from "../registration/options";
import type { ScaleOptions } from "../scale/scale";

/** `./cluster scale` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("scale")
    .description("set producers, sample rate and processors, or show the current settings")
    .option("--producers <count>", "N, or F+C of Felix and Celix; stays until the setting `producers` is changed")
    .option("--rate <percent>", "sample rate of all producers, 0 to 100")
    .option("--processors <count>", "auto: the policy decides; N, or F+C of Felix and Celix: fixed by hand")
    .option("--wait <seconds>", "time limit for the pods to become ready, 0 to 600", "60")
    .option("--no-wait", "end as soon as everything is set")
    .addOption(jsonOption("print the settings as JSON"))
    .action(
      withCluster(context, async (stack, options: ScaleOptions) => {
        const { scale } = await import("../scale/scale.js");
        await scale(stack, options);
      }),
    );
}
