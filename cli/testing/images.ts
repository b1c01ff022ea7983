import * as fs from "node:fs";
import * as path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { Context, pulumiEnvironment } from "@inaetics/stack";
import { lastLines, tryRun, Progress } from "@inaetics/workstation";
import { totalOf, type Counts, type Outcome } from "./outcome";

/** Images whose code is in Java, C and shell, with tests of their own. */
const images = ["felix-agent", "celix-agent", "broker"] as const;

/** Lines of a failed script that are shown; all of them are in its log. */
const shownLines = 100;

/**
 * Runs the tests of images that are not in TypeScript, `images/<image>/test`, one after the other.
 * @returns their counts together; undefined when no image has any
 */
export async function runImageTests(context: Context, progress: Progress): Promise<Outcome | undefined> {
  const scripts = images
    .map((image) => ({ image, script: path.join(context.root, "images", image, "test") }))
    .filter(({ script }) => fs.existsSync(script));
  if (scripts.length === 0) return undefined;
  fs.mkdirSync(context.state, { recursive: true, mode: 0o700 });
  const outcomes: Outcome[] = [];
  for (const { image, script } of scripts) outcomes.push(await runScript(context, progress, image, script));
  return totalOf(outcomes);
}

async function runScript(context: Context, progress: Progress, image: string, script: string): Promise<Outcome> {
  const step = progress.step(`tests of ${image}`);
  const log = path.join(context.state, `tests-images-${image}.log`);
  const result = await tryRun(script, [], {
    cwd: context.root,
    env: pulumiEnvironment(context, process.env),
    onLine: (line) => step.detail(line.trim()),
  });
  fs.writeFileSync(log, `${result.output}\n`, { mode: 0o600 });
  const counts = countsOf(result.stdout, result.exitCode);
  const text = `${counts.passed} passed, ${counts.failed} failed`;
  if (counts.failed === 0) {
    step.done(text);
    return { ...counts, failures: [] };
  }
  step.fail(text);
  const why = result.problem ?? `ended with exit code ${result.exitCode ?? "?"}`;
  progress.note(`${script} ${why}; all of its output: ${log}\n${lastLines(result.output, shownLines)}`);
  const error = `${why}\n${troubleOf(result.output)}`.trimEnd();
  return { ...counts, failures: [{ title: `tests of ${image}`, error }] };
}

/** Returns the lines of a failed script's output that name a failure, or its last lines if none does. Pure. */
export function troubleOf(output: string): string {
  const lines = stripVTControlCharacters(output).split("\n");
  const telling = lines.filter((line) => /\b(ERROR|FAILED|FAIL|not ok|error:)(?=\W|$)/.test(line));
  return telling.length > 0 ? telling.join("\n") : lastLines(output, 10);
}

/**
 * Reads the line `N passed, N failed` with which a script ends. At least one failure counts when the line is missing,
 * the exit code is not 0, or no test ran. A colour code that Maven left in the output is ignored. Pure.
 */
export function countsOf(output: string, exitCode: number | undefined): Counts {
  const [, passed, failed] =
    /^(\d+) passed, (\d+) failed$/.exec(lastLines(stripVTControlCharacters(output), 1).trim()) ?? [];
  if (passed === undefined || failed === undefined) return { passed: 0, failed: 1 };
  const counts = { passed: Number(passed), failed: Number(failed) };
  const isGood = exitCode === 0 && counts.passed + counts.failed > 0;
  return isGood ? counts : { ...counts, failed: Math.max(1, counts.failed) };
}
