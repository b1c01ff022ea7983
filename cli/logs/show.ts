import { Context, pulumiEnvironment, ensureKubeconfig, stackOutputs, unattended } from "@inaetics/stack";
import { Failure, runAttached, runLines } from "@inaetics/workstation";
import { Exported, exportLogs } from "./export";
import { chooseLoggedPod, LoggedPod, readPods } from "./pods";
import {
  GivenRange,
  journalCommand,
  journalLine,
  kubectlLogs,
  LogLine,
  parseRange,
  podLine,
  usualLines,
} from "./range";
import { sshArguments } from "../boxes/ssh";

export interface LogsOptions extends GivenRange {
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly json?: boolean;
  /** Folder for all logs. */
  readonly export?: string;
}

/**
 * Shows the log of a pod or the journal of a box.
 * @param word the whole name of a box or pod, its beginning, or a part of it
 * @returns exit code of the program that read the log
 */
export async function logs(context: Context, word: string, options: LogsOptions): Promise<number> {
  const range = parseRange(options, usualLines);
  const { follow = false, previous = false, json = false } = options;
  const boxes = Object.keys((await stackOutputs(context))["nodes"] ?? {});
  const reading = { ...range, follow, timed: json };
  if (boxes.includes(word)) {
    if (previous) {
      throw new Failure(
        `--previous: got the box ${word}; allowed for pods only`,
        `Run: ./cluster logs ${word}   (its journal has all earlier lines)`,
      );
    }
    const args = await sshArguments(context, word, [journalCommand(reading)]);
    return show("ssh", [...unattended, ...args], {}, json ? (line) => journalLine(word, line) : undefined);
  }
  const chosen = chooseLoggedPod(await readPods(context), boxes, word);
  const pod = previous ? restarted(chosen) : chosen;
  // A kubelet that does not answer must not block the terminal. A log that is followed has no end, so it gets no limit.
  const limit = follow ? [] : ["--request-timeout=30s"];
  const access = ["--kubeconfig", await ensureKubeconfig(context), ...limit];
  const args = [...access, ...kubectlLogs(pod, { ...reading, previous })];
  const environment = pulumiEnvironment(context, process.env);
  return show("kubectl", args, environment, json ? (line) => podLine(pod.pod, line) : undefined);
}

/** Writes all logs into a folder and reports those that could not be read. */
export async function logsExport(context: Context, word: string, folder: string, options: LogsOptions): Promise<void> {
  if (word !== "")
    throw new Failure(
      `--export: got "${word}"; allowed without a name, because it collects all logs`,
      "Run: ./cluster logs --export FOLDER",
    );
  const exported = await exportLogs(context, folder, parseRange(options, undefined));
  process.stdout.write(options.json === true ? `${JSON.stringify(exported, null, 2)}\n` : describeExport(exported));
}

/** Describes the result of an export. Pure. */
export function describeExport({ folder, files, errors }: Exported): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const done = `${files.length} ${files.length === 1 ? "file" : "files"} (${(bytes / 2 ** 20).toFixed(1)} MB) in ${folder}\n`;
  if (errors.length === 0) return done;
  const parts = errors.length === 1 ? "One part" : `${errors.length} parts`;
  return `${done}${parts} could not be read completely; the reasons are in errors.txt there.\n`;
}

/** Runs the program that reads a log on this terminal; with `parse` each line is printed as JSON. */
async function show(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  parse: ((line: string) => LogLine) | undefined,
): Promise<number> {
  if (parse === undefined) return runAttached(program, args, { env });
  // The terminal sends Ctrl-C to the program itself; this process waits for the program's last lines.
  process.on("SIGINT", () => undefined);
  // The reading program, for example `head`, closed the output.
  process.stdout.on("error", () => process.exit(0));
  const ended = await runLines(program, args, {
    env,
    onLine: (line) => void process.stdout.write(`${JSON.stringify(parse(line))}\n`),
    onComplaint: (line) => void process.stderr.write(`${line}\n`),
  });
  return ended?.exitCode ?? 0;
}

/** Returns the pod with its restarted containers alone. Throws a Failure when no container was restarted. Pure. */
export function restarted(pod: LoggedPod): LoggedPod {
  const containers = pod.containers.filter(({ restarts }) => restarts > 0);
  if (containers.length > 0) return { ...pod, containers };
  throw new Failure(`${pod.pod} was never restarted: it has no previous log`, `Run: ./cluster logs ${pod.pod}`);
}
