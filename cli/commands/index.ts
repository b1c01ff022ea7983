import type { TestOptions } from "./test";
import { Command, Option } from "commander";
import { Context, pulumiEnvironment, requirePassphrase, ensureKubeconfig, mergeKubeconfig } from "@inaetics/stack";
import { runAttached, createProgress } from "@inaetics/workstation";
import { exportLines } from "../quote";
import { setUp, setUpPulumi } from "../setup";
import { demonstrator } from "./demonstrator";
import type { LogsOptions } from "../logs/show";

/** Adds every command; larger ones load their module when they are run, so that `env` and `kubectl` start fast. */
export function registerCommands(program: Command, context: () => Context): void {
  lifeCycle(program, context);
  looking(program, context);
  demonstrator(program, context);
  passThrough(program, "pulumi", "run pulumi on the stack", (args) => pulumi(context(), args));
  passThrough(program, "kubectl", "run kubectl on the cluster", async (args) => {
    await setUpPulumi(context(), createProgress());
    await ensureKubeconfig(context());
    return runAttached("kubectl", args, { env: pulumiEnvironment(context(), process.env) });
  });
  passThrough(
    program,
    "ssh",
    "log in to a box, or run a command there: ssh BOX [COMMAND...]",
    async ([box, ...words]) => {
      const { ssh } = await import("../boxes/ssh.js");
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
      const { up } = await import("../lifecycle/up.js");
      await up(context(), extra, options);
    });
  program
    .command("destroy")
    .description("remove the cluster and everything of it")
    .addOption(yes())
    .argument("[options...]", "further options of pulumi destroy, after --")
    .action(async (extra: string[]) => {
      const { destroy } = await import("../lifecycle/destroy.js");
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
  program
    .command("test")
    .description("run the tests: all layers, or those named, or single files")
    .argument(
      "[layers or files...]",
      "unit, agents, engine, cluster, browser; upgrade only by name; tests/unit/x.test.ts",
    )
    .option("--grep <pattern>", "only tests whose title matches")
    .option("--bail", "stop a layer at its first failure")
    .option("--changed", "only tests that import what differs from main, of the layers named")
    .action(async (words: string[], options: TestOptions) => {
      const { test } = await import("./test.js");
      process.exitCode = await test(context(), words, options);
    });
  program
    .command("prepare")
    .description("get everything that later commands need, so that they run without a network")
    .action(async () => setUp(context(), createProgress(), { thorough: true }));
}

/** Accepts `--yes`, which users of pulumi type; no command asks anyway. */
function yes(): Option {
  return new Option("-y, --yes", "accepted as pulumi does; nothing is ever asked").hideHelp();
}

function looking(program: Command, context: () => Context): void {
  program
    .command("status")
    .description("show boxes, nodes, workloads, queue, load, last decisions and addresses; exit code 1 with problems")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
      const { status } = await import("./status.js");
      await setUpPulumi(context(), createProgress());
      await status(context(), options.json === true);
    });
  logs(program, context);
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
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => {
      await setUpPulumi(context(), createProgress());
      const variables = pulumiEnvironment(context(), process.env);
      process.stdout.write(options.json === true ? `${JSON.stringify(variables, null, 2)}\n` : exportLines(variables));
    });
  program
    .command("kubeconfig")
    .description("print the cluster's kubeconfig, or add it to your own")
    .option("--json", "as JSON")
    .option("--merge", "add it to your kubeconfig as context inaetics-<stack>; `destroy` removes it there")
    .action(async (options: { merge?: boolean; json?: boolean }) => {
      const { readFileSync } = await import("node:fs");
      const { parse } = await import("yaml");
      await setUpPulumi(context(), createProgress());
      if (options.merge === true) {
        const file = await mergeKubeconfig(context(), createProgress());
        process.stdout.write(`context ${context().cluster} is in ${file}\n`);
      } else {
        const text = readFileSync(await ensureKubeconfig(context()), "utf8");
        process.stdout.write(options.json === true ? `${JSON.stringify(parse(text), null, 2)}\n` : text);
      }
    });
}

function logs(program: Command, context: () => Context): void {
  program
    .command("logs")
    .description("show the log of a pod or the journal of a box (the newest 200 lines), or collect all of them")
    .argument("[name]", "a box, or a pod: its name, the beginning of it, or a part of it", "")
    .option("-f, --follow", "go on showing what comes")
    .option("--since <duration>", "nothing older than this: 45s, 10m, 1h30m, 2d")
    .option("--tail <lines>", "at most so many of the newest lines")
    .option("-p, --previous", "what a pod's container said before its last restart")
    .option("--json", "each line as JSON: source, time, part, text; with --export what was written")
    .addOption(
      new Option("--export <folder>", "write all journals, logs, events and versions there, without secrets").conflicts(
        ["follow", "previous"],
      ),
    )
    .action(async (name: string, options: LogsOptions) => {
      const { logs: show, logsExport } = await import("../logs/show.js");
      await setUpPulumi(context(), createProgress());
      if (options.export === undefined) process.exitCode = await show(context(), name, options);
      else await logsExport(context(), name, options.export, options);
    });
}

/** Runs pulumi on this terminal, after clearing the remains of an interrupted run. */
async function pulumi(context: Context, args: readonly string[]): Promise<number> {
  const { healStack } = await import("../pulumi/heal.js");
  const progress = createProgress();
  await setUpPulumi(context, progress);
  const changing = ["up", "update", "preview", "destroy", "refresh", "import"].includes(args[0] ?? "");
  if (changing) {
    requirePassphrase(context);
    await healStack(context, progress);
  }
  return runAttached("pulumi", args, { cwd: context.root, env: pulumiEnvironment(context, process.env) });
}

/** Adds a command that passes all arguments and options to another program and returns its exit code. */
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
