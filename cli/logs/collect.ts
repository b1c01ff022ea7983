import * as fs from "node:fs";
import * as path from "node:path";
import { messageOf } from "@inaetics/base";
import { LineOptions, runLines, Step } from "@inaetics/workstation";
import { hideSecrets } from "./plan";

/** Number of reads at the same time. A read that hangs must not block the others, and the machine has other work. */
const atOnce = 6;

type OnLine = LineOptions["onLine"];

/** A file and its reader; `read` returns the reason of a failure, or undefined, and may throw. */
export interface Read {
  /** Path below the folder. */
  readonly file: string;
  readonly read: (onLine: OnLine) => Promise<string | undefined>;
}

export interface Collected {
  /** Files that were written, with their bytes. */
  readonly files: readonly { readonly file: string; readonly bytes: number }[];
  /** Files that could not be read, or not to their end, with the reasons. */
  readonly errors: readonly string[];
}

/** Reads all sources into files below `folder`, even after failures. Hides `secrets` in all files. */
export async function collect(
  folder: string,
  reads: readonly Read[],
  secrets: readonly string[],
  step: Pick<Step, "detail">,
): Promise<Collected> {
  const files: { file: string; bytes: number }[] = [];
  const errors: string[] = [];
  const waiting = [...reads];
  let done = 0;
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const target = path.join(folder, next.file);
      const problem = await readInto(target, next, secrets).catch((error: unknown) => messageOf(error));
      if (problem !== undefined) errors.push(hideSecrets(`${next.file}: ${problem}`, secrets));
      const bytes = fs.statSync(target, { throwIfNoEntry: false })?.size ?? 0;
      // The part that was read before a failure is kept. An empty file is deleted, because readers would
      // take it for an empty log.
      if (problem !== undefined && bytes === 0) fs.rmSync(target, { force: true });
      else files.push({ file: next.file, bytes });
      step.detail(`${++done} of ${reads.length}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { files: files.sort((a, b) => a.file.localeCompare(b.file)), errors: errors.sort() };
}

async function readInto(target: string, { read }: Read, secrets: readonly string[]): Promise<string | undefined> {
  fs.mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
  const file = await fs.promises.open(target, "w", 0o600);
  let lines: string[] = [];
  const flush = async (): Promise<void> => {
    const text = lines.join("");
    lines = [];
    await file.write(text);
  };
  try {
    return await read((line) => {
      lines.push(`${hideSecrets(line, secrets)}\n`);
      return lines.length < 500 ? undefined : flush();
    });
  } finally {
    await flush();
    await file.close();
  }
}

/** Passes on the lines of a program that has a time limit. Returns the reason of a failure with the last error line. */
export async function readProgram(
  program: string,
  args: readonly string[],
  options: Omit<LineOptions, "onComplaint">,
): Promise<string | undefined> {
  let complaint = "";
  const ended = await runLines(program, args, { ...options, onComplaint: (line) => (complaint = line) });
  if (ended === undefined) return undefined;
  return complaint === "" ? ended.reason : `${ended.reason}: ${complaint}`;
}
