import type { Command } from "commander";
import { withPulumi, type ContextOf } from "../registration/actions";
import { jsonOption } from "../registration/options";
import type { VerifyOptions } from "../verify/run";

/** `./cluster verify` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("verify")
    .description("inject random faults under load; exit code 1 when a sample is lost or a recovery takes too long")
    .option("--for <duration>", "time of load and faults: 30s, 10m, 1h", "10m")
    .option("--seed <number>", "seed of the schedule; the same seed gives the same faults")
    .option("--rate <number>", "samples per second beside the demonstrator's own load, 1 to 2000", "200")
    .option("--faults <names>", "only these faults, separated by commas: see fault list")
    .addOption(jsonOption())
    .action(
      withPulumi(context, async (stack, options: VerifyOptions) => {
        const { verify } = await import("../verify/run.js");
        await verify(stack, options);
      }),
    );
}
