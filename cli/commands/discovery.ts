import type { Command } from "commander";
import { withCluster, type ContextOf } from "../registration/actions";
import { jsonOption, type JsonOption } from "../registration/options";

/** `./cluster discovery` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("discovery")
    .description("show the agents and services registered in etcd, with the endpoints that they offer")
    .addOption(jsonOption())
    .action(
      withCluster(context, async (stack, { json = false }: JsonOption) => {
        const { showDiscovery } = await import("../discovery/show.js");
        await showDiscovery(stack, json);
      }),
    );
}
