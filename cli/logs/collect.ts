import * as fs from "node:fs";
import * as path from "node:path";
import { addressArguments, unattended } from "../commands/ssh";
import { Context } from "../context";
import { pulumiEnvironment, statePaths } from "../environment";
import { messageOf } from "../failure";
import { LineOptions, runLines } from "../process";
import { Step } from "../progress";
import { hideSecrets, PlannedFile, Source } from "./plan";

/** How many reads run at once: one that hangs must not hold up the others, and the machine has other work. */
const atOnce = 6;
/** Milliseconds for each read. */
const readTimeout = 45_000;

export interface Collected {
  /** Files that were written, with their bytes. */
  readonly files: readonly { readonly file: string; readonly bytes: number }[];
  /** What could not be read, or not to its end, and why. */
  readonly errors: readonly string[];
}

/** Reads everything that is planned into files below `folder`, whatever fails. `secrets` are hidden in all of them. */
export async function collect(
  context: Context,
  folder: string,
  planned: readonly PlannedFile[],
  secrets: readonly string[],
  step: Pick<Step, "detail">,
): Promise<Collected> {
  const files: { file: string; bytes: number }[] = [];
  const errors: string[] = [];
  const waiting = [...planned];
  let done = 0;
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const target = path.join(folder, next.file);
      const problem = await readInto(context, target, next.source, secrets).catch((error: unknown) => messageOf(error));
      if (problem !== undefined) errors.push(hideSecrets(`${next.file}: ${problem}`, secrets));
      const bytes = fs.statSync(target, { throwIfNoEntry: false })?.size ?? 0;
      // What could be read before it failed is of use; an empty file would look like an empty log.
      if (problem !== undefined && bytes === 0) fs.rmSync(target, { force: true });
      else files.push({ file: next.file, bytes });
      step.detail(`${++done} of ${planned.length}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { files: files.sort((a, b) => a.file.localeCompare(b.file)), errors: errors.sort() };
}

/** Gives why it failed, or undefined. */
async function readInto(
  context: Context,
  target: string,
  source: Source,
  secrets: readonly string[],
): Promise<string | undefined> {
  fs.mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
  const file = await fs.promises.open(target, "w", 0o600);
  let lines: string[] = [];
  const flush = async (): Promise<void> => {
    const text = lines.join("");
    lines = [];
    await file.write(text);
  };
  const onLine = (line: string): void | Promise<void> => {
    lines.push(`${hideSecrets(line, secrets)}\n`);
    return lines.length < 500 ? undefined : flush();
  };
  try {
    return await read(context, source, onLine);
  } finally {
    await flush();
    await file.close();
  }
}

async function read(context: Context, source: Source, onLine: LineOptions["onLine"]): Promise<string | undefined> {
  if (source.from === "text") {
    for (const line of (await source.read()).trimEnd().split("\n")) await onLine(line);
    return undefined;
  }
  let complaint = "";
  const { program, args } = commandOf(context, source);
  const ended = await runLines(program, args, {
    ...{ env: pulumiEnvironment(context, process.env), timeout: readTimeout, onLine },
    onComplaint: (line) => (complaint = line),
  });
  return ended === undefined ? undefined : complaint === "" ? ended.reason : `${ended.reason}: ${complaint}`;
}

function commandOf(
  context: Context,
  source: Exclude<Source, { readonly from: "text" }>,
): { readonly program: string; readonly args: readonly string[] } {
  if (source.from === "here") return source;
  if (source.from === "box") {
    return { program: "ssh", args: [...unattended, ...addressArguments(context, source.address, [source.command])] };
  }
  // Written before all of this, so that not each of them asks Pulumi.
  const kubeconfig = statePaths.kubeconfig(context);
  return { program: "kubectl", args: ["--kubeconfig", kubeconfig, "--request-timeout=30s", ...source.args] };
}
