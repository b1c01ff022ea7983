/** Runs the test files of a layer with mocha, in one process or in several that run side by side. */
import * as fs from "node:fs";
import * as path from "node:path";
import { Context, pulumiEnvironment } from "@inaetics/stack";
import { runAttached, tryRun } from "@inaetics/workstation";
import type { Failed, Outcome } from "./images";
import { divide, type Selection } from "./plan";

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
const atOnce = 6;

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
  fs.mkdirSync(context.state, { recursive: true, mode: 0o700 });
  const outcomes: Outcome[] = [];
  const waiting = parts.map((part, index) => ({
    part,
    report: path.join(context.state, `tests-${layer}-${index}.json`),
  }));
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      outcomes.push(await runFiles(context, next.part, next.report, options, parts.length === 1));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, parts.length) }, work));
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
    failures: outcomes.flatMap(({ failures }) => failures),
  };
}

function testsIn(folder: string): readonly string[] {
  if (!fs.existsSync(folder)) return [];
  const names = fs.readdirSync(folder, { recursive: true }).map(String);
  return names
    .filter((name) => name.endsWith(".test.js"))
    .sort()
    .map((name) => path.join(folder, name));
}

/** @param attached true when the run prints while it goes on; its output comes as a whole at its end otherwise */
async function runFiles(
  context: Context,
  files: readonly string[],
  report: string,
  { grep, bail }: MochaOptions,
  attached: boolean,
): Promise<Outcome> {
  fs.rmSync(report, { force: true });
  const mocha = path.join(context.root, "node_modules", "mocha", "bin", "mocha.js");
  const reporter = path.join(context.root, ".build", "tools", "mocha-report.js");
  const reporting = ["--reporter", reporter, "--reporter-option", `output=${report}`];
  const filters = [...(grep === undefined ? [] : ["--grep", grep]), ...(bail === true ? ["--bail"] : [])];
  const args = [mocha, "--timeout", String(patienceMs), ...reporting, ...filters, ...files];
  // No stack is set here: tests choose their own.
  const env = { ...pulumiEnvironment(context, process.env), INAETICS_STACK: undefined, PULUMI_STACK: undefined };
  const started = { cwd: context.root, env };
  if (attached) {
    const code = await runAttached(process.execPath, args, started);
    return outcomeOf(read(report), code);
  }
  const color = process.stdout.isTTY ? ["--color"] : [];
  const { output, exitCode, problem } = await tryRun(process.execPath, [...args, ...color], started);
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
