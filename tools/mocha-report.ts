import * as fs from "node:fs";
import * as Mocha from "mocha";

/** Mocha's usual output, with the counts written to the file of `--reporter-option output=FILE` at the end. */
class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { output } = (options.reporterOptions ?? {}) as { readonly output?: string };
    runner.once("end", () => {
      if (output === undefined) return;
      const { passes, failures, pending } = this.stats;
      fs.writeFileSync(output, `${JSON.stringify({ passes, failures, pending })}\n`);
    });
  }
}

export = CountingReporter;
