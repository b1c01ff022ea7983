import type { Command } from "commander";
import type { GivenCounts } from "../agents/scale";
import { withCluster, type ContextOf } from "../registration/actions";
import { jsonOption, type JsonOption } from "../registration/options";

/** `./cluster agents start|stop|status` */
export function register(program: Command, context: ContextOf): void {
  const agents = program.command("agents").description("start, stop or show agents");
  agents
    .command("start")
    .description("start free agents, and wait until they are ready")
    .option("--felix <number>", "Felix agents (Java), 0 to 16", "2")
    .option("--celix <number>", "Celix agents (C), 0 to 16", "2")
    .action(
      withCluster(context, async (stack, given: GivenCounts) => {
        const { startAgents } = await import("../agents/scale.js");
        await startAgents(stack, given);
      }),
    );
  agents
    .command("stop")
    .description("stop all free agents, and wait until they are gone")
    .action(
      withCluster(context, async (stack) => {
        const { stopAgents } = await import("../agents/scale.js");
        await stopAgents(stack);
      }),
    );
  agents
    .command("status")
    .description("show all agents: their nodes, their state and their software")
    .addOption(jsonOption())
    .action(
      withCluster(context, async (stack, { json = false }: JsonOption) => {
        const { showAgents } = await import("../agents/status.js");
        await showAgents(stack, json);
      }),
    );
}
