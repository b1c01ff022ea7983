import * as fs from "node:fs";
import * as Mocha from "mocha";

/** Milliseconds for a run to end after its last test. */
const LINGER_MS = 20_000;

/**
 * Prints Mocha's usual output, and at the end writes counts and failures to FILE of `--reporter-option output=FILE`. A
 * test may leave open resources, so that the run does not end. Then the reporter lists these and ends the run as failed.
 */
class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { output } = (options.reporterOptions ?? {}) as { readonly output?: string };
    runner.once("end", () => {
      setTimeout(() => {
        const left = [...new Set(process.getActiveResourcesInfo())];
        console.error(
          `the tests have ended, but ${LINGER_MS / 1000} s later these resources are still open: ${left.join(", ")}`,
        );
        process.exit(1);
      }, LINGER_MS).unref();
      if (output === undefined) return;
      const { passes, failures, pending } = this.stats;
      const failed = this.failures.map((test) => ({ title: test.fullTitle(), error: test.err?.stack ?? "unknown" }));
      fs.writeFileSync(output, `${JSON.stringify({ passes, failures, pending, failed })}\n`);
    });
  }
}

export = CountingReporter;
