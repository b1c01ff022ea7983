import type { Command } from "commander";
import type { ContextOf } from "../registration/actions";
import { jsonOption, type JsonOption } from "../registration/options";

/** `./cluster doctor` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("doctor")
    .description("check this machine and show how to correct each problem; changes nothing")
    .addOption(jsonOption())
    .action(async ({ json = false }: JsonOption) => {
      const { doctor } = await import("../doctor/index.js");
      await doctor(context(), json);
    });
}
