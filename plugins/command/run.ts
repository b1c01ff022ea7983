/** Common parts of running a script: locally (process.ts) or over ssh (remote.ts). */
import { Context, Log } from "../lib";
import { LineLog } from "./lines";

/** Streams of a script that are logged; both are always captured. */
export type Logging = "none" | "stdout" | "stderr" | "stdoutAndStderr";

export interface Script {
  readonly text: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string | undefined;
  readonly logging: Logging;
}

/** Both without the last line's end. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script to its end; throws ScriptFailed for any other end than exit code 0. */
export type Runner = (script: Script, context: Context) => Promise<Output>;

const shownCommand = 200;
const shownOutput = 4000;

/** Reports how the script ended, its command, and its last output. */
export class ScriptFailed extends Error {
  constructor(ending: string, script: Script, output: Output) {
    const command = shorten(script.text.trim().split("\n")[0] ?? "", shownCommand);
    const more = script.text.trim().includes("\n") ? " ..." : "";
    const streams = [output.stdout, output.stderr].map((text) => text.trim()).filter((text) => text !== "");
    // With logging "none" the output may hold secrets, so only stderr, which explains the failure, is shown.
    const shown = script.logging === "none" ? [output.stderr.trim()] : streams;
    super(`${ending}: running ${JSON.stringify(command + more)}:\n${tail(shown.join("\n"))}`.trimEnd());
  }
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}...`;
}

function tail(text: string): string {
  return text.length <= shownOutput
    ? text
    : `(the first ${text.length - shownOutput} characters are not shown)\n${text.slice(-shownOutput)}`;
}

/** Captures the streams of one run, and logs those that the script wants logged. */
export class Capture {
  private readonly chunks: Readonly<Record<"stdout" | "stderr", Buffer[]>> = { stdout: [], stderr: [] };
  private readonly logs: Partial<Record<"stdout" | "stderr", LineLog>> = {};

  constructor(logging: Logging, log: Log) {
    for (const stream of ["stdout", "stderr"] as const) {
      if (logging === stream || logging === "stdoutAndStderr") {
        this.logs[stream] = new LineLog((message) => log("info", message));
      }
    }
  }

  add(stream: "stdout" | "stderr", chunk: Buffer): void {
    this.chunks[stream].push(chunk);
    this.logs[stream]?.write(chunk);
  }

  end(): Output {
    for (const log of Object.values(this.logs)) log.end();
    const text = (stream: "stdout" | "stderr") =>
      Buffer.concat(this.chunks[stream])
        .toString()
        .replace(/\r?\n$/, "");
    return { stdout: text("stdout"), stderr: text("stderr") };
  }
}
