import type { Context } from "@inaetics/stack";
import { createProgress, formatDuration } from "@inaetics/workstation";
import type { Command } from "commander";
import type { ContextOf } from "../registration/actions";
import { setUp } from "../setup";
import { ensurePackages, testPrograms } from "../setup/packages";
import { changedTests } from "../testing/changed";
import { runImageTests } from "../testing/images";
import { runLayer, type MochaOptions } from "../testing/mocha";
import type { Failed } from "../testing/outcome";
import { selectTests } from "../testing/plan";

/** `./cluster test` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("test")
    .description("run the tests: all layers, or only the named layers and files")
    .argument(
      "[layers or files...]",
      "unit, services, engine, images, cluster, browser; by name only: removal, upgrade, controllers, interruptions; tests/unit/x.test.ts",
    )
    .option("--grep <pattern>", "only tests whose title matches")
    .option("--bail", "stop a layer at its first failure")
    .option("--changed", "only tests that import a file that differs from main, of the named layers")
    .action(async (words: readonly string[], options: TestOptions) => {
      process.exitCode = await test(context(), words, options);
    });
}

/** Lines of one failure that are repeated at the end of a run. */
const repeatedLines = 12;

/** Options of `./cluster test`. */
export interface TestOptions extends MochaOptions {
  /** Runs only tests that import what differs from main. */
  readonly changed?: boolean;
}

/**
 * Runs layers of tests or single files, all layers by default, repeats what failed, and ends with the line `N passed, N failed`.
 * @returns exit code: 0 when all passed and at least one ran, or when no test imports what changed
 */
export async function test(context: Context, words: readonly string[], options: TestOptions = {}): Promise<number> {
  const selected = options.changed === true ? await changedTests(context.root, words) : selectTests(words);
  if (selected.length === 0) {
    process.stdout.write("no test imports what differs from main\n0 passed, 0 failed\n");
    return 0;
  }
  const progress = createProgress();
  if (selected.some(({ layer }) => layer !== "unit")) {
    await ensurePackages(progress, testPrograms);
    await setUp(context, progress);
  }
  let passed = 0;
  let failed = 0;
  const failures: string[] = [];
  for (const selection of selected) {
    const { layer } = selection;
    const started = Date.now();
    const outcome =
      layer === "images" ? await runImageTests(context, progress) : await runLayer(context, selection, options);
    if (outcome === undefined) {
      progress.note(`${layer}: has no tests`);
      if (words.length > 0) failed += 1;
      continue;
    }
    passed += outcome.passed;
    failed += outcome.failed;
    failures.push(...outcome.failures.map((failure) => describeFailure(layer, failure)));
    const text = `${layer}: ${outcome.passed} passed, ${outcome.failed} failed (${formatDuration(Date.now() - started)})`;
    progress.line(outcome.failed === 0 ? "done" : "fail", text);
  }
  // Readers of a long run often keep only the end of its output.
  if (failures.length > 0) process.stdout.write(`\nWhat failed:\n\n${failures.join("\n\n")}\n\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** Formats one failure for the end of a run: layer, test, first lines of the reason. Pure. */
export function describeFailure(layer: string, { title, error }: Failed): string {
  const lines = error.split("\n");
  const more = lines.length > repeatedLines ? ["..."] : [];
  return [`${layer}: ${title}`, ...[...lines.slice(0, repeatedLines), ...more].map((line) => `  ${line}`)].join("\n");
}
