import { execa } from "execa";
import { Failure } from "./failure";
import { quote } from "@inaetics/base";

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds after which the command is ended and the run fails. */
  readonly timeout?: number;
  readonly input?: string;
  /** Ends the command when it is aborted, and fails the run. */
  readonly cancel?: AbortSignal;
  /** Called with each line of output while the command runs. */
  readonly onLine?: (line: string) => void;
  /** Advice after a failure, shown below the error. */
  readonly cure?: string;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Both outputs, in the order in which they came. */
  readonly output: string;
  readonly exitCode: number | undefined;
  /** Reason: not found, not executable, timed out or ended by a signal. Undefined when it ended by itself. */
  readonly problem?: string;
}

/** A command line that can be pasted into a shell. */
export function commandLine(program: string, args: readonly string[]): string {
  return [program, ...args].map(quote).join(" ");
}

/** Runs a command to its end, with any exit code. Never throws: a program that cannot be started is a `problem`. */
export async function tryRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const child = execa(program, args, {
    cwd: options.cwd,
    env: options.env,
    timeout: options.timeout,
    cancelSignal: options.cancel,
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
    reject: false,
    all: true,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (options.onLine !== undefined) void forEachLine(child.iterable({ from: "all" }), options.onLine);
  const result = await child;
  const problem =
    result.exitCode !== undefined
      ? undefined
      : result.timedOut
        ? `did not end within ${(options.timeout ?? 0) / 1000} s`
        : (result.originalMessage ?? result.shortMessage);
  const { stdout, stderr, all, exitCode } = result;
  return { stdout, stderr, output: all, exitCode, problem };
}

/** Ignores a stream that breaks off, because the command's result reports what happened. */
async function forEachLine(lines: AsyncIterable<string>, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of lines) onLine(line);
  } catch {
    return;
  }
}

/**
 * Runs a command and returns its standard output.
 * @throws Failure with the command line, the reason and the end of its output
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(program, args, options);
  if (result.exitCode === 0) return result.stdout;
  const reason = result.problem ?? `ended with exit code ${result.exitCode ?? "?"}`;
  const output = lastLines(result.stderr.trim() === "" ? result.stdout : result.stderr, 20);
  throw new Failure(`${commandLine(program, args)}: ${reason}${output && `\n${output}`}`, options.cure);
}

/**
 * Runs a command with this terminal's input and output. Returns its exit code, 128 + n after signal n.
 * The terminal sends Ctrl-C to the child itself; this process only waits for it.
 */
export async function runAttached(program: string, args: readonly string[], options: RunOptions = {}): Promise<number> {
  const ignore = () => undefined;
  process.on("SIGINT", ignore);
  try {
    const result = await execa(program, args, { cwd: options.cwd, env: options.env, stdio: "inherit", reject: false });
    if (result.exitCode !== undefined) return result.exitCode;
    if (result.signal !== undefined) return result.signal === "SIGINT" ? 130 : 143;
    throw new Failure(`${commandLine(program, args)}: ${result.shortMessage}`, options.cure);
  } finally {
    process.off("SIGINT", ignore);
  }
}

export interface LineOptions extends Pick<RunOptions, "env" | "timeout"> {
  /** Called with each line of standard output; the next line waits for the returned promise. */
  readonly onLine: (line: string) => void | Promise<void>;
  /** Called with each line of standard error. */
  readonly onComplaint: (line: string) => void;
}

/**
 * Runs a command to its end and passes on its lines one by one, in any number. Never throws because of the command.
 * @returns the reason of a failure; undefined when it ended with exit code 0
 */
export async function runLines(
  program: string,
  args: readonly string[],
  { env, timeout, onLine, onComplaint }: LineOptions,
): Promise<{ readonly exitCode: number; readonly reason: string } | undefined> {
  const child = execa(program, args, { env, timeout, stdin: "ignore", reject: false, buffer: false });
  try {
    const complaints = forEachLine(child.iterable({ from: "stderr" }), onComplaint);
    for await (const line of child.iterable()) await onLine(line);
    await complaints;
    const { exitCode, signal, timedOut, originalMessage, shortMessage } = await child;
    if (exitCode === 0) return undefined;
    if (exitCode !== undefined) return { exitCode, reason: `ended with exit code ${exitCode}` };
    const reason = timedOut ? `did not end within ${(timeout ?? 0) / 1000} s` : (originalMessage ?? shortMessage ?? "");
    return { exitCode: signal === "SIGINT" ? 130 : 1, reason };
  } finally {
    child.kill();
  }
}

/**
 * Runs works in parallel. When one fails, the others are cancelled, and its error is thrown once they have ended.
 * @param works functions that get the signal to end their commands
 */
export async function together(works: readonly ((cancel: AbortSignal) => Promise<void>)[]): Promise<void> {
  const controller = new AbortController();
  const running = works.map((work) =>
    work(controller.signal).catch((error: unknown) => {
      // Cancelled works fail after the first one, whose error is the cause.
      if (!controller.signal.aborted) controller.abort(error);
    }),
  );
  await Promise.all(running);
  if (controller.signal.aborted) throw controller.signal.reason;
}

/** The last `count` lines of a text, without a trailing newline. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
