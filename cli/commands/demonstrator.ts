import { Command } from "commander";
import { Context } from "@inaetics/stack";
import { createProgress } from "@inaetics/workstation";
import { setUpPulumi } from "../setup";
import type { ScaleOptions } from "../scale/scale";

/** Adds the commands for the software on the cluster: load, agents, discovery. */
export function demonstrator(program: Command, context: () => Context): void {
  program
    .command("scale")
    .description("set producers, sample rate and processors, or show what is set")
    .option("--producers <count>", "so many, or F+C of each kind; they stay until `producers` is configured anew")
    .option("--rate <percent>", "sample rate of all producers, 0 to 100")
    .option("--processors <count>", "auto: the policy decides; so many, or F+C of each kind: that many, by hand")
    .option("--wait <seconds>", "how long to wait for the pods to be ready, 0 to 600", "60")
    .option("--no-wait", "end as soon as everything is set")
    .option("--json", "print what is set as JSON")
    .action(async (options: ScaleOptions) => {
      const { scale } = await import("../scale/scale.js");
      await setUpPulumi(context(), createProgress());
      await scale(context(), options);
    });
  program
    .command("discovery")
    .description("show who is registered in etcd, what they offer and how it is reached")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
      const { discovery } = await import("../discovery/purge.js");
      await setUpPulumi(context(), createProgress());
      await discovery(context(), options.json === true);
    });
  program
    .command("purge-discovery")
    .description("empty discovery in etcd and wait until everybody has registered again")
    .option("-y, --yes", "do not ask")
    .action(async (options: { yes?: boolean }) => {
      const { purgeDiscovery } = await import("../discovery/purge.js");
      await setUpPulumi(context(), createProgress());
      await purgeDiscovery(context(), options.yes === true);
    });
  program
    .command("console")
    .description("open an agent's shell, or run the lines of standard input there: echo lb | ./cluster console POD")
    .argument("[pod]", "name of the agent's pod, its beginning, or a part of it", "")
    .action(async (pod: string) => {
      const { consoleOf } = await import("../console/open.js");
      await setUpPulumi(context(), createProgress());
      await consoleOf(context(), pod);
    });
  agents(program.command("agents").description("start, stop or show agents"), context);
}

function agents(program: Command, context: () => Context): void {
  program
    .command("start")
    .description("start free agents, and wait until they are ready")
    .option("--felix <number>", "Felix agents (Java), 0 to 16", "2")
    .option("--celix <number>", "Celix agents (C), 0 to 16", "2")
    .action(async (options: { felix: string; celix: string }) => {
      const { startAgents } = await import("../agents/status.js");
      await setUpPulumi(context(), createProgress());
      await startAgents(context(), options);
    });
  program
    .command("stop")
    .description("stop all free agents, and wait until they are gone")
    .action(async () => {
      const { stopAgents } = await import("../agents/status.js");
      await setUpPulumi(context(), createProgress());
      await stopAgents(context());
    });
  program
    .command("status")
    .description("show all agents: where they run, how they are, and which software they have")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
      const { agentsStatus } = await import("../agents/status.js");
      await setUpPulumi(context(), createProgress());
      await agentsStatus(context(), options.json === true);
    });
}
