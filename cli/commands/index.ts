import { Command, Option } from "commander";
import { Context } from "../context";
import { pulumiEnvironment } from "../environment";
import { runAttached } from "../process";
import { createProgress } from "../progress";
import { exportLines } from "../quote";
import { setUp, setUpPulumi } from "../setup";

/** Adds every command; larger ones load their module when they are run, so that `env` and `kubectl` start fast. */
export function registerCommands(program: Command, context: () => Context): void {
  lifeCycle(program, context);
  looking(program, context);
  demonstrator(program, context);
  passThrough(program, "pulumi", "run pulumi on the stack", (args) => pulumi(context(), args));
  passThrough(program, "kubectl", "run kubectl on the cluster", async (args) => {
    const { ensureKubeconfig } = await import("../kubeconfig.js");
    await setUpPulumi(context(), createProgress());
    await ensureKubeconfig(context());
    return runAttached("kubectl", args, { env: pulumiEnvironment(context(), process.env) });
  });
  passThrough(
    program,
    "ssh",
    "log in to a box, or run a command there: ssh BOX [COMMAND...]",
    async ([box, ...words]) => {
      const { ssh } = await import("./ssh.js");
      await setUpPulumi(context(), createProgress());
      return ssh(context(), box ?? "", words);
    },
  );
}

function lifeCycle(program: Command, context: () => Context): void {
  program
    .command("up")
    .description("set up this machine and bring up the cluster")
    .option("-v, --verbose", "show Pulumi's own output")
    .addOption(yes())
    .argument("[options...]", "further options of pulumi up, after --")
    .action(async (extra: string[], options: { verbose?: boolean }) => {
      const { up } = await import("./up.js");
      await up(context(), extra, options);
    });
  program
    .command("destroy")
    .description("remove the cluster and everything of it")
    .addOption(yes())
    .argument("[options...]", "further options of pulumi destroy, after --")
    .action(async (extra: string[]) => {
      const { destroy } = await import("./destroy.js");
      await destroy(context(), extra);
    });
  program
    .command("refresh")
    .description("bring the recorded state to what is really there")
    .addOption(yes())
    .argument("[options...]", "further options of pulumi refresh, after --")
    .action(async (extra: string[]) => {
      const { runOperation } = await import("../pulumi/operation.js");
      const { ensureDocker } = await import("../setup/docker.js");
      await setUpPulumi(context(), createProgress());
      await ensureDocker(context().cache, createProgress());
      await runOperation(context(), "refresh", extra, createProgress());
    });
  passThrough(program, "preview", "show what `up` would change; takes the options of pulumi preview", (args) =>
    pulumi(context(), ["preview", ...args]),
  );
  passThrough(
    program,
    "test",
    "run the tests: all layers, or those named (unit, agents, engine, cluster, browser)",
    async (args) => {
      const { test } = await import("./test.js");
      return test(context(), args);
    },
  );
  program
    .command("prepare")
    .description("get everything that later commands need, so that they run without a network")
    .action(async () => setUp(context(), createProgress(), { thorough: true }));
}

/** Nothing is asked anyway, but users of pulumi type it. */
function yes(): Option {
  return new Option("-y, --yes", "accepted as pulumi does; nothing is ever asked").hideHelp();
}

function looking(program: Command, context: () => Context): void {
  program
    .command("status")
    .description("show boxes, nodes, workloads and addresses")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
      const { status } = await import("./status.js");
      await setUpPulumi(context(), createProgress());
      await status(context(), options.json === true);
    });
  program
    .command("doctor")
    .description("check this machine and say what to do about what it lacks; changes nothing")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
      const { doctor } = await import("../doctor/index.js");
      await doctor(context(), options.json === true);
    });
  program
    .command("env")
    .description('print the environment for plain pulumi and kubectl: eval "$(./cluster env)"')
    .action(async () => {
      await setUpPulumi(context(), createProgress());
      process.stdout.write(exportLines(pulumiEnvironment(context(), process.env)));
    });
  program
    .command("kubeconfig")
    .description("print the cluster's kubeconfig, or add it to your own")
    .option("--merge", "add it to your kubeconfig as context inaetics-<stack>; `destroy` removes it there")
    .action(async (options: { merge?: boolean }) => {
      const { ensureKubeconfig, mergeKubeconfig } = await import("../kubeconfig.js");
      const { readFileSync } = await import("node:fs");
      await setUpPulumi(context(), createProgress());
      if (options.merge === true) {
        const file = await mergeKubeconfig(context(), createProgress());
        process.stdout.write(`context ${context().cluster} is in ${file}\n`);
      } else {
        process.stdout.write(readFileSync(await ensureKubeconfig(context()), "utf8"));
      }
    });
}

function demonstrator(program: Command, context: () => Context): void {
  program
    .command("discovery")
    .description("show who is registered in etcd, what they offer and how it is reached")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
      const { discovery } = await import("./discovery.js");
      await setUpPulumi(context(), createProgress());
      await discovery(context(), options.json === true);
    });
  program
    .command("purge-discovery")
    .description("empty discovery in etcd and wait until everybody has registered again")
    .option("-y, --yes", "do not ask")
    .action(async (options: { yes?: boolean }) => {
      const { purgeDiscovery } = await import("./discovery.js");
      await setUpPulumi(context(), createProgress());
      await purgeDiscovery(context(), options.yes === true);
    });
  program
    .command("console")
    .description("open an agent's shell, or run the lines of standard input there: echo lb | ./cluster console POD")
    .argument("[pod]", "name of the agent's pod, its beginning, or a part of it", "")
    .action(async (pod: string) => {
      const { consoleOf } = await import("./console.js");
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
      const { startAgents } = await import("./agents.js");
      await setUpPulumi(context(), createProgress());
      await startAgents(context(), options);
    });
  program
    .command("stop")
    .description("stop all free agents, and wait until they are gone")
    .action(async () => {
      const { stopAgents } = await import("./agents.js");
      await setUpPulumi(context(), createProgress());
      await stopAgents(context());
    });
  program
    .command("status")
    .description("show all agents: where they run, how they are, and which software they have")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
      const { agentsStatus } = await import("./agents.js");
      await setUpPulumi(context(), createProgress());
      await agentsStatus(context(), options.json === true);
    });
}

/** Runs pulumi on this terminal, after clearing what an interrupted run left. */
async function pulumi(context: Context, args: readonly string[]): Promise<number> {
  const { healStack } = await import("../pulumi/heal.js");
  const progress = createProgress();
  await setUpPulumi(context, progress);
  const changing = ["up", "update", "preview", "destroy", "refresh", "import"].includes(args[0] ?? "");
  if (changing) await healStack(context, progress);
  return runAttached("pulumi", args, { cwd: context.root, env: pulumiEnvironment(context, process.env) });
}

/** A command whose arguments, options too, all go to another program; its exit code becomes ours. */
function passThrough(program: Command, name: string, text: string, action: (args: string[]) => Promise<number>): void {
  program
    .command(name)
    .description(text)
    .argument("[args...]")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (args: string[]) => {
      process.exitCode = await action(args);
    });
}
