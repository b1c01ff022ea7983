import type { Command } from "commander";
import { withPulumi, type ContextOf } from "../registration/actions";
import { yesOption } from "../registration/options";
import type { DestroyOptions } from "../lifecycle/removal";

/** Adds one more value of an option that may be repeated. */
const repeated = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];

/** `./cluster destroy` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("destroy")
    .description("remove the cluster and everything that belongs to it, with all data; asks first")
    .addOption(yesOption())
    .option("--force-boxes", "remove boxes, networks and volumes without Pulumi, and empty the state")
    .option("--preview-only", "show what would be removed, and remove nothing")
    .option("--target <urn>", "remove only this resource; may be repeated", repeated)
    .option("--target-dependents", "with --target: also what depends on it")
    .option("--exclude <urn>", "keep this resource; may be repeated", repeated)
    .option("--exclude-dependents", "with --exclude: also what depends on it")
    .option("--refresh", "compare the state with the real resources first")
    .option("--continue-on-error", "remove the others when one cannot be removed")
    .option("--parallel <number>", "resources at once")
    .action(async (options: DestroyOptions) => {
      const { removalOf } = await import("../lifecycle/removal.js");
      const { destroy, forceBoxes, requireConfirmation } = await import("../lifecycle/destroy.js");
      const { yes = false } = options;
      const removal = removalOf(options);
      requireConfirmation(removal, yes);
      if (removal.kind === "boxes") await forceBoxes(context(), yes);
      else await withPulumi(context, (stack) => destroy(stack, removal, yes))();
    });
}
