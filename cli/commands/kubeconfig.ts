import type { Command } from "commander";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { ensureKubeconfig, mergeKubeconfig } from "@inaetics/stack";
import { createProgress } from "@inaetics/workstation";
import { withPulumi, type ContextOf } from "../registration/actions";
import { jsonOption, type JsonOption } from "../registration/options";

interface KubeconfigOptions extends JsonOption {
  readonly merge?: boolean;
}

/** `./cluster kubeconfig` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("kubeconfig")
    .description("print the cluster's kubeconfig, or add it to your own")
    .addOption(jsonOption())
    .option("--merge", "add it to your kubeconfig as context inaetics-<stack>, until `destroy` removes it")
    .action(
      withPulumi(context, async (stack, { merge = false, json = false }: KubeconfigOptions) => {
        if (merge) {
          const file = await mergeKubeconfig(stack, createProgress());
          process.stdout.write(`context ${stack.cluster} is in ${file}\n`);
          return;
        }
        const text = readFileSync(await ensureKubeconfig(stack), "utf8");
        process.stdout.write(json ? `${JSON.stringify(parse(text), null, 2)}\n` : text);
      }),
    );
}
