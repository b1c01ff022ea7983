import type { Command } from "commander";
import { operationCommand, withPulumi, type ContextOf } from "../registration/actions";

/** `./cluster destroy` */
export function register(program: Command, context: ContextOf): void {
  operationCommand(program, "destroy", "remove the cluster and everything that belongs to it").action(
    withPulumi(context, async (stack, extra: readonly string[]) => {
      const { destroy } = await import("../lifecycle/destroy.js");
      await destroy(stack, extra);
    }),
  );
}
