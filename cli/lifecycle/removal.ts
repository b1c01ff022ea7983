/** Options of `./cluster destroy` and the removal that they ask for. Pure. */
import { Failure } from "@inaetics/workstation";

/** Options as typed on the command line. */
export interface DestroyOptions {
  readonly yes?: boolean;
  readonly forceBoxes?: boolean;
  readonly previewOnly?: boolean;
  readonly target?: readonly string[];
  readonly targetDependents?: boolean;
  readonly exclude?: readonly string[];
  readonly excludeDependents?: boolean;
  readonly refresh?: boolean;
  readonly continueOnError?: boolean;
  readonly parallel?: string;
}

/**
 * `all`: the whole cluster, by Pulumi. `part`: some of its resources, by Pulumi. `preview`: nothing. `boxes`: boxes,
 * networks and volumes by docker itself, and the state.
 */
export interface Removal {
  readonly kind: "all" | "part" | "preview" | "boxes";
  /** Options of pulumi destroy. */
  readonly args: readonly string[];
}

/** @throws Failure when options exclude each other, or a value is not allowed */
export function removalOf(options: DestroyOptions): Removal {
  const { target = [], exclude = [] } = options;
  const args = [
    ...target.flatMap((urn) => ["--target", urn]),
    ...exclude.flatMap((urn) => ["--exclude", urn]),
    ...(options.targetDependents === true ? ["--target-dependents"] : []),
    ...(options.excludeDependents === true ? ["--exclude-dependents"] : []),
    ...(options.refresh === true ? ["--refresh"] : []),
    ...(options.continueOnError === true ? ["--continue-on-error"] : []),
    ...(options.parallel === undefined ? [] : ["--parallel", parallel(options.parallel)]),
  ];
  if (options.targetDependents === true && target.length === 0) throw without("--target-dependents", "--target URN");
  if (options.excludeDependents === true && exclude.length === 0)
    throw without("--exclude-dependents", "--exclude URN");
  if (options.forceBoxes === true) {
    if (args.length === 0 && options.previewOnly !== true) return { kind: "boxes", args };
    throw new Failure(
      "--force-boxes removes everything without Pulumi; got it with options of Pulumi; allowed beside it: --yes",
      "Run: ./cluster destroy --force-boxes",
    );
  }
  if (options.previewOnly === true) return { kind: "preview", args };
  return { kind: target.length + exclude.length > 0 ? "part" : "all", args };
}

function without(option: string, needed: string): Failure {
  return new Failure(`${option}: got it without ${needed}; allowed: both together`, "Nothing was changed.");
}

function parallel(given: string): string {
  if (/^[1-9]\d{0,2}$/.test(given)) return given;
  throw new Failure(
    `--parallel: got "${given}"; allowed: a whole number from 1 to 999`,
    "Run: ./cluster destroy --parallel 4",
  );
}
