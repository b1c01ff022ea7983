import * as fs from "node:fs";
import * as path from "node:path";
import { runImageTests, type Failed, type Outcome } from "../agents/tests";
import { Context, pulumiEnvironment } from "@inaetics/stack";
import { Failure, runAttached, createProgress, formatDuration } from "@inaetics/workstation";
import { setUp } from "../setup";
import { ensurePackages, testPrograms } from "../setup/packages";

export const layers = ["unit", "agents", "engine", "cluster", "browser"] as const;

/** Layers that run only when they are named: they take long and prove one thing. */
const optional = ["upgrade"] as const;

/** What `tools/mocha-report.ts` writes. */
interface Report {
  readonly passes: number;
  readonly failures: number;
  readonly failed: readonly Failed[];
}

/** Milliseconds that a test may take which sets no limit of its own: a busy machine is no failure. */
const patienceMs = 30_000;

/** Lines of one failure that are repeated at the end of a run. */
const repeatedLines = 12;

/**
 * Runs layers of tests, all by default, repeats what failed, and ends with the line `N passed, N failed`.
 * @returns exit code: 0 when all passed and at least one ran
 */
export async function test(context: Context, wanted: readonly string[]): Promise<number> {
  const allowed: readonly string[] = [...layers, ...optional];
  const unknown = wanted.filter((layer) => !allowed.includes(layer));
  if (unknown.length > 0) {
    throw new Failure(`test: got ${unknown.map((layer) => `"${layer}"`).join(", ")}; allowed: ${allowed.join(", ")}`);
  }
  const selected = wanted.length > 0 ? wanted : layers;
  const progress = createProgress();
  if (selected.some((layer) => layer !== "unit")) {
    await ensurePackages(progress, testPrograms);
    await setUp(context, progress);
  }
  let passed = 0;
  let failed = 0;
  const failures: string[] = [];
  for (const layer of selected) {
    const started = Date.now();
    const outcome = layer === "agents" ? await runImageTests(context, progress) : await runLayer(context, layer);
    if (outcome === undefined) {
      progress.note(`${layer}: has no tests`);
      if (wanted.length > 0) failed += 1;
      continue;
    }
    passed += outcome.passed;
    failed += outcome.failed;
    failures.push(...outcome.failures.map((failure) => describeFailure(layer, failure)));
    const text = `${layer}: ${outcome.passed} passed, ${outcome.failed} failed (${formatDuration(Date.now() - started)})`;
    progress.line(outcome.failed === 0 ? "done" : "fail", text);
  }
  // A long run's output is often kept by its end only.
  if (failures.length > 0) process.stdout.write(`\nWhat failed:\n\n${failures.join("\n\n")}\n\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** Undefined when the layer has no test files. */
async function runLayer(context: Context, layer: string): Promise<Outcome | undefined> {
  const folder = path.join(context.root, ".build", "tests", layer);
  if (!hasTests(folder)) return undefined;
  const report = path.join(context.state, `tests-${layer}.json`);
  fs.mkdirSync(context.state, { recursive: true, mode: 0o700 });
  fs.rmSync(report, { force: true });
  const mocha = path.join(context.root, "node_modules", "mocha", "bin", "mocha.js");
  const reporter = path.join(context.root, ".build", "tools", "mocha-report.js");
  const reporting = ["--reporter", reporter, "--reporter-option", `output=${report}`];
  const args = ["--timeout", String(patienceMs), ...reporting, path.join(folder, "**", "*.test.js")];
  // Tests choose their own stacks.
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

/** Counts of a report; a run that ended badly without a failed test still failed. */
export function outcomeOf(report: string | undefined, exitCode: number): Outcome {
  if (report === undefined) return { passed: 0, failed: 1, failures: [brokeOff(exitCode)] };
  const { passes, failures, failed } = JSON.parse(report) as Report;
  if (failures === 0 && exitCode !== 0) return { passed: passes, failed: 1, failures: [brokeOff(exitCode)] };
  return { passed: passes, failed: failures, failures: failed };
}

function brokeOff(exitCode: number): Failed {
  return { title: "the run itself", error: `ended with exit code ${exitCode}, no test of it failed` };
}

/** One failure as the end of a run repeats it: where, which test, the first lines of why. Pure. */
export function describeFailure(layer: string, { title, error }: Failed): string {
  const lines = error.split("\n");
  const more = lines.length > repeatedLines ? ["..."] : [];
  return [`${layer}: ${title}`, ...[...lines.slice(0, repeatedLines), ...more].map((line) => `  ${line}`)].join("\n");
}
