/** Runs the test files of a layer with mocha, in one process or in several that run side by side. */
import * as fs from "node:fs";
import * as path from "node:path";
import { Context, pulumiEnvironment } from "@inaetics/stack";
import { run, runAttached, tryRun } from "@inaetics/workstation";
import { totalOf, type Failed, type Outcome } from "./outcome";
import { divide, type Layer, type Selection } from "./plan";

/** Report that `tools/mocha-report.ts` writes. */
interface Report {
  readonly passes: number;
  readonly failures: number;
  readonly failed: readonly Failed[];
}

/** Options for the tests of a layer. */
export interface MochaOptions {
  /** Runs only tests whose title matches this regular expression. */
  readonly grep?: string;
  /** Stops a layer at its first failure. All its files run in one process then. */
  readonly bail?: boolean;
}

/** Milliseconds for a test that sets no limit of its own; generous, because a busy machine is no failure. */
const patienceMs = 30_000;

/** Processes that run at once. Tests of services mostly wait, so more of them than cores. */
const atOnce = 8;

/** Runs a layer. Undefined when it has no test files. */
export async function runLayer(
  context: Context,
  { layer, files }: Selection,
  options: MochaOptions,
): Promise<Outcome | undefined> {
  const folder = path.join(context.root, ".build", "tests", layer);
  const found = files?.map((file) => path.join(context.root, ".build", file)) ?? testsIn(folder);
  if (found.length === 0) return undefined;
  const parts = options.bail === true ? [found] : divide(layer, found);
  // Made once, so that processes that run side by side find the same bundles.
  if (layer === "services") await run(process.execPath, [path.join(context.root, "tools", "bundle.js")]);
  fs.mkdirSync(context.state, { recursive: true, mode: 0o700 });
  const outcomes: Outcome[] = [];
  const waiting = parts.map((_files, index) => index);
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      outcomes.push(await runPart(context, layer, parts, next, options));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, parts.length) }, work));
  return totalOf(outcomes);
}

function testsIn(folder: string): readonly string[] {
  if (!fs.existsSync(folder)) return [];
  const names = fs.readdirSync(folder, { recursive: true }).map(String);
  return names
    .filter((name) => name.endsWith(".test.js"))
    .sort()
    .map((name) => path.join(folder, name));
}

/** Runs one part of the files. It prints while it goes on when it is the only one, otherwise at its end. */
async function runPart(
  context: Context,
  layer: Layer,
  parts: readonly (readonly string[])[],
  index: number,
  { grep, bail }: MochaOptions,
): Promise<Outcome> {
  const report = path.join(context.state, `tests-${layer}-${index}.json`);
  fs.rmSync(report, { force: true });
  const mocha = path.join(context.root, "node_modules", "mocha", "bin", "mocha.js");
  const reporter = path.join(context.root, ".build", "tools", "mocha-report.js");
  const reporting = ["--reporter", reporter, "--reporter-option", `output=${report}`];
  const filters = [...(grep === undefined ? [] : ["--grep", grep]), ...(bail === true ? ["--bail"] : [])];
  const args = [mocha, "--timeout", String(patienceMs), ...reporting, ...filters, ...(parts[index] ?? [])];
  const env = {
    ...pulumiEnvironment(context, process.env),
    // No stack is set here: tests choose their own.
    INAETICS_STACK: undefined,
    PULUMI_STACK: undefined,
    TEST_PART: `${index}/${parts.length}`,
  };
  if (parts.length === 1) {
    const code = await runAttached(process.execPath, args, { cwd: context.root, env });
    return outcomeOf(read(report), code);
  }
  const color = process.stdout.isTTY ? ["--color"] : [];
  const options = { cwd: context.root, env };
  const { output, exitCode, problem } = await tryRun(process.execPath, [...args, ...color], options);
  const outcome = outcomeOf(read(report), exitCode ?? 1);
  // A process in which no title matches has nothing to show.
  if (outcome.passed + outcome.failed > 0) process.stdout.write(`${output}\n${problem ?? ""}`);
  return outcome;
}

function read(report: string): string | undefined {
  return fs.existsSync(report) ? fs.readFileSync(report, "utf8") : undefined;
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
