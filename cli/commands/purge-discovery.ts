import type { Command } from "commander";
import { withCluster, type ContextOf } from "../registration/actions";
import { yesOption, type YesOption } from "../registration/options";

/** `./cluster purge-discovery` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("purge-discovery")
    .description("empty discovery in etcd, and wait until all agents and services have registered again")
    .addOption(yesOption())
    .action(
      withCluster(context, async (stack, { yes = false }: YesOption) => {
        const { purgeDiscovery } = await import("../discovery/purge.js");
        await purgeDiscovery(stack, yes);
      }),
    );
}
