import type { Command } from "commander";
import type { InjectOptions } from "../faults/show";
import { withPulumi, type ContextOf } from "../registration/actions";
import { jsonOption, type JsonOption } from "../registration/options";

/** `./cluster fault list|inject|heal` */
export function register(program: Command, context: ContextOf): void {
  const fault = program.command("fault").description("inject faults into the cluster; each one ends by itself");
  fault
    .command("list")
    .description("show all faults with their targets, and those that are active")
    .addOption(jsonOption())
    .action(
      withPulumi(context, async (stack, { json = false }: JsonOption) => {
        const { listFaults } = await import("../faults/show.js");
        await listFaults(stack, json);
      }),
    );
  fault
    .command("inject")
    .description("inject a fault")
    .argument("<name>", "name of the fault: see fault list")
    .option("--target <target>", "a process, pod, box or pair of boxes: see fault list")
    .option("--for <duration>", "end of the fault: 45s, 10m; at most 1h")
    .action(
      withPulumi(context, async (stack, name: string, options: InjectOptions) => {
        const { inject } = await import("../faults/show.js");
        await inject(stack, name, options);
      }),
    );
  fault
    .command("heal")
    .description("end all faults now")
    .action(
      withPulumi(context, async (stack) => {
        const { heal } = await import("../faults/show.js");
        await heal(stack);
      }),
    );
}
