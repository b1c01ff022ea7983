import type { Command } from "commander";
import { createProgress } from "@inaetics/workstation";
import { operationCommand, withPulumi, type ContextOf } from "../registration/actions";
import { ensureDocker } from "../setup/docker";

/** `./cluster refresh` */
export function register(program: Command, context: ContextOf): void {
  operationCommand(program, "refresh", "update the recorded state to the resources that really exist").action(
    withPulumi(context, async (stack, extra: readonly string[]) => {
      const { runOperation } = await import("../pulumi/operation.js");
      await ensureDocker(stack.cache, createProgress());
      await runOperation(stack, "refresh", extra, createProgress());
    }),
  );
}
