import type { Command } from "commander";
import type { UpOptions } from "../lifecycle/up";
import { operationCommand, type ContextOf } from "../registration/actions";

/** `./cluster up` */
export function register(program: Command, context: ContextOf): void {
  operationCommand(program, "up", "set up this machine and bring up the cluster")
    .option("-v, --verbose", "show Pulumi's own output")
    .option("--accept-data-loss", "remove the cluster first when its boxes do not fit the settings (subnet, ...)")
    .action(async (extra: readonly string[], { verbose = false, acceptDataLoss = false }: Partial<UpOptions>) => {
      const { up } = await import("../lifecycle/up.js");
      await up(context(), extra, { verbose, acceptDataLoss });
    });
}
