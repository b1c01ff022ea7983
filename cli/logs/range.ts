/** The requested range of a log, and the arguments of kubectl and journalctl for it. Pure. */
import { Failure } from "@inaetics/workstation";
import { LoggedPod } from "./pods";

/** Number of lines that are shown by default. */
export const usualLines = 200;

export interface GivenRange {
  readonly since?: string;
  readonly tail?: string;
}

export interface Range {
  /** Greatest age in seconds; undefined for any age. */
  readonly seconds: number | undefined;
  /** Greatest number of newest lines; undefined for all. */
  readonly lines: number | undefined;
}

/** Reads a range. Throws a Failure with all that is wrong. @param fallback lines when nothing is given */
export function parseRange({ since, tail }: GivenRange, fallback: number | undefined): Range {
  const seconds = since === undefined ? undefined : parseDuration(since);
  const lines = tail === undefined ? undefined : /^\d{1,7}$/.test(tail) ? Number(tail) : NaN;
  const problems = [
    Number.isNaN(seconds) ? `--since: got "${since ?? ""}"; allowed: durations such as 45s, 10m, 1h30m and 2d` : "",
    Number.isNaN(lines) ? `--tail: got "${tail ?? ""}"; allowed: whole numbers of lines from 0 to 9999999` : "",
  ].filter((problem) => problem !== "");
  if (problems.length > 0) throw new Failure(problems.join("\n"), "Correct the options, then run the command again.");
  return { seconds, lines: since === undefined && tail === undefined ? fallback : lines };
}

const units: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

/** Reads the seconds of a duration such as `1h30m`; NaN when the text is empty or no duration. */
export function parseDuration(text: string): number {
  if (!/^(\d{1,6}[dhms])+$/.test(text)) return NaN;
  const parts = [...text.matchAll(/(\d+)([dhms])/g)];
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? NaN), 0);
  return seconds > 0 ? seconds : NaN;
}

export interface Reading extends Range {
  readonly follow: boolean;
  /** True when each line begins with its time. */
  readonly timed?: boolean;
}

/** Returns kubectl's arguments for the logs of some of a pod's containers. */
export function kubectlLogs(
  { namespace, pod, containers }: LoggedPod,
  { seconds, lines, follow, timed = false, previous = false }: Reading & { readonly previous?: boolean },
): readonly string[] {
  const [only] = containers;
  return [
    "logs",
    `--namespace=${namespace}`,
    pod,
    // With several containers, each line begins with pod and container.
    ...(only !== undefined && containers.length === 1
      ? [`--container=${only.name}`]
      : ["--all-containers", "--prefix"]),
    ...(previous ? ["--previous"] : []),
    ...(seconds === undefined ? [] : [`--since=${seconds}s`]),
    `--tail=${lines ?? -1}`,
    ...(timed ? ["--timestamps"] : []),
    ...(follow ? ["--follow"] : []),
  ];
}

/** Returns the command line for a box's journal. */
export function journalCommand({ seconds, lines, follow, timed = false }: Reading): string {
  return [
    "sudo journalctl --no-pager --quiet",
    `--output=${timed ? "json" : "short-iso"}`,
    ...(seconds === undefined ? [] : [`--since=-${seconds}s`]),
    `--lines=${lines ?? "all"}`,
    ...(follow ? ["--follow"] : []),
  ].join(" ");
}

/** A line of a log, for programs. */
export interface LogLine {
  /** Name of the pod or box. */
  readonly source: string;
  /** ISO 8601; null when the line has no time. */
  readonly time: string | null;
  /** Unit of a box, or the container when a pod has several; null otherwise. */
  readonly part: string | null;
  readonly text: string;
}

/** Reads a line that kubectl printed with its time, after `[pod/POD/CONTAINER]` if there are several containers. */
export function podLine(source: string, line: string): LogLine {
  const [, part, rest = line] = /^\[pod\/[^/\]]+\/([^\]]+)\] (.*)$/s.exec(line) ?? [];
  const [, time, text] = /^(\d{4}-\d\d-\d\dT\S+Z) ?(.*)$/s.exec(rest) ?? [];
  return { source, time: time ?? null, part: part ?? null, text: text ?? rest };
}

/** Reads a line of journalctl's JSON. */
export function journalLine(source: string, line: string): LogLine {
  let entry: Readonly<Record<string, unknown>>;
  try {
    entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return { source, time: null, part: null, text: line };
  }
  const { MESSAGE: message, _SYSTEMD_UNIT: unit, SYSLOG_IDENTIFIER: name, __REALTIME_TIMESTAMP: microseconds } = entry;
  const at = new Date(Number(microseconds) / 1000);
  const part = unit ?? name;
  return {
    source,
    time: Number.isNaN(at.getTime()) ? null : at.toISOString(),
    part: typeof part === "string" ? part : null,
    // Journalctl prints a message that is not plain text as a list of bytes.
    text: Array.isArray(message)
      ? Buffer.from(message as number[]).toString()
      : typeof message === "string"
        ? message
        : "",
  };
}
