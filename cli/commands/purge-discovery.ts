import type { Command } from "commander";
import { withPulumi, type ContextOf } from "../registration/actions";
import { yesOption, type YesOption } from "../registration/options";

/** `./cluster purge-discovery` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("purge-discovery")
    .description("empty discovery in etcd, and wait until all agents and services have registered again")
    .addOption(yesOption())
    .action(
      withPulumi(context, async (stack, { yes = false }: YesOption) => {
        const { purgeDiscovery } = await import("../discovery/purge.js");
        await purgeDiscovery(stack, yes);
      }),
    );
}
