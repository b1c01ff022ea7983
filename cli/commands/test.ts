import type { Command } from "commander";
import * as fs from "node:fs";
import * as path from "node:path";
import { runImageTests, type Failed, type Outcome } from "../agents/tests";
import { Context, pulumiEnvironment } from "@inaetics/stack";
import { runAttached, createProgress, formatDuration } from "@inaetics/workstation";
import type { ContextOf } from "../registration/actions";
import { setUp } from "../setup";
import { ensurePackages, testPrograms } from "../setup/packages";
import { changedTests } from "../testing/changed";
import { selectTests, type Selection } from "../testing/plan";

/** `./cluster test` */
export function register(program: Command, context: ContextOf): void {
  program
    .command("test")
    .description("run the tests: all layers, or only the named layers and files")
    .argument(
      "[layers or files...]",
      "unit, agents, engine, cluster, browser; upgrade only by name; tests/unit/x.test.ts",
    )
    .option("--grep <pattern>", "only tests whose title matches")
    .option("--bail", "stop a layer at its first failure")
    .option("--changed", "only tests that import a file that differs from main, of the named layers")
    .action(async (words: readonly string[], options: TestOptions) => {
      process.exitCode = await test(context(), words, options);
    });
}

/** Report that `tools/mocha-report.ts` writes. */
interface Report {
  readonly passes: number;
  readonly failures: number;
  readonly failed: readonly Failed[];
}

/** Milliseconds for a test that sets no limit of its own; generous, because a busy machine is no failure. */
const patienceMs = 30_000;

/** Lines of one failure that are repeated at the end of a run. */
const repeatedLines = 12;

/** Options of `./cluster test`. */
export interface TestOptions {
  /** Runs only tests whose title matches this regular expression. */
  readonly grep?: string;
  /** Stops a layer at its first failure. */
  readonly bail?: boolean;
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
      layer === "agents" ? await runImageTests(context, progress) : await runLayer(context, selection, options);
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

/** Runs a layer. Undefined when it has no test files. */
async function runLayer(
  context: Context,
  { layer, files }: Selection,
  { grep, bail }: TestOptions,
): Promise<Outcome | undefined> {
  const folder = path.join(context.root, ".build", "tests", layer);
  if (!hasTests(folder)) return undefined;
  const report = path.join(context.state, `tests-${layer}.json`);
  fs.mkdirSync(context.state, { recursive: true, mode: 0o700 });
  fs.rmSync(report, { force: true });
  const mocha = path.join(context.root, "node_modules", "mocha", "bin", "mocha.js");
  const reporter = path.join(context.root, ".build", "tools", "mocha-report.js");
  const reporting = ["--reporter", reporter, "--reporter-option", `output=${report}`];
  const chosen = files?.map((file) => path.join(context.root, ".build", file)) ?? [
    path.join(folder, "**", "*.test.js"),
  ];
  const filters = [...(grep === undefined ? [] : ["--grep", grep]), ...(bail === true ? ["--bail"] : [])];
  const args = ["--timeout", String(patienceMs), ...reporting, ...filters, ...chosen];
  // No stack is set here: tests choose their own.
  const environment = {
    ...pulumiEnvironment(context, process.env),
    INAETICS_STACK: undefined,
    PULUMI_STACK: undefined,
  };
  const code = await runAttached(process.execPath, [mocha, ...args], { cwd: context.root, env: environment });
  return outcomeOf(fs.existsSync(report) ? fs.readFileSync(report, "utf8") : undefined, code);
}

function hasTests(folder: string): boolean {
  if (!fs.existsSync(folder)) return false;
  return fs.readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith(".test.js"));
}

/** Returns the counts of a report; a run that ended badly without a failed test counts as a failure. */
export function outcomeOf(report: string | undefined, exitCode: number): Outcome {
  if (report === undefined) return { passed: 0, failed: 1, failures: [brokeOff(exitCode)] };
  const { passes, failures, failed } = JSON.parse(report) as Report;
  if (failures === 0 && exitCode !== 0) return { passed: passes, failed: 1, failures: [brokeOff(exitCode)] };
  return { passed: passes, failed: failures, failures: failed };
}

function brokeOff(exitCode: number): Failed {
  return { title: "the run itself", error: `ended with exit code ${exitCode}, no test of it failed` };
}

/** Formats one failure for the end of a run: layer, test, first lines of the reason. Pure. */
export function describeFailure(layer: string, { title, error }: Failed): string {
  const lines = error.split("\n");
  const more = lines.length > repeatedLines ? ["..."] : [];
  return [`${layer}: ${title}`, ...[...lines.slice(0, repeatedLines), ...more].map((line) => `  ${line}`)].join("\n");
}
