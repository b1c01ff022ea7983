import type { Command } from "commander";
import { operationCommand, type ContextOf } from "../registration/actions";

/** `./cluster up` */
export function register(program: Command, context: ContextOf): void {
  operationCommand(program, "up", "set up this machine and bring up the cluster")
    .option("-v, --verbose", "show Pulumi's own output")
    .action(async (extra: readonly string[], { verbose = false }: { readonly verbose?: boolean }) => {
      const { up } = await import("../lifecycle/up.js");
      await up(context(), extra, verbose);
    });
}
