import * as tty from "node:tty";

/** Output of status lines. On a terminal the running step is redrawn; elsewhere each line is printed once. */
export interface Progress {
  /** Starts a named step. */
  step(name: string): Step;
  /** One line beside the steps. */
  note(text: string): void;
  /** One line for something that has ended. */
  line(sign: "done" | "fail", text: string): void;
}

/** Running step; `done` or `fail` ends it exactly once. */
export interface Step {
  /** Sets the current action of the step: shown at once on a terminal, at most every ten seconds elsewhere. */
  detail(text: string): void;
  done(text?: string): void;
  fail(text?: string): void;
}

const unicode = /utf-?8/i.test(process.env.LC_ALL ?? process.env.LC_CTYPE ?? process.env.LANG ?? "");
const signs = unicode ? { run: "•", done: "✓", fail: "✗" } : { run: "*", done: "+", fail: "x" };

/** Milliseconds between the reports of a running step, where nothing can be redrawn. */
const heartbeatMs = 10_000;

/** `1.2 s` below a minute, `3 min 05 s` above. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** Prints status lines on `stream`: standard error by default, so that a command's output stays clean. */
export function createProgress(stream: NodeJS.WriteStream | NodeJS.WritableStream = process.stderr): Progress {
  const terminal = stream instanceof tty.WriteStream && stream.isTTY && process.env.CI === undefined;
  const board: Board = { stream, terminal, running: new Set() };
  return {
    note: (text) => write(board, `   ${text.replaceAll("\n", "\n   ")}`),
    line: (sign, text) => write(board, ` ${signs[sign]} ${text}`),
    step: (name) => startStep(board, name),
  };
}

/** Output of all steps: those that run share the last line of a terminal. */
interface Board {
  readonly stream: NodeJS.WritableStream;
  readonly terminal: boolean;
  /** Functions that return the text of a running step. */
  readonly running: Set<() => string>;
}

function write(board: Board, text: string): void {
  board.stream.write(board.terminal ? `\r\x1b[K${text}\n` : `${text}\n`);
  if (board.terminal) draw(board);
}

function draw({ stream, running }: Board): void {
  const columns = stream instanceof tty.WriteStream ? stream.columns : 120;
  const share = Math.floor(Math.max(20, columns - 2) / Math.max(1, running.size)) - 1;
  const texts = [...running].map((text) => text().slice(0, share));
  stream.write(
    `\r\x1b[K${texts.map((text, index) => ` ${index + 1 < texts.length ? text.padEnd(share) : text}`).join("")}`,
  );
}

function startStep(board: Board, name: string): Step {
  const started = Date.now();
  let detail = "";
  const line = () => `${signs.run} ${name} ...${detail && ` ${detail}`} (${formatDuration(Date.now() - started)})`;
  const show = board.terminal ? () => draw(board) : () => board.stream.write(` ${line()}\n`);
  const timer = setInterval(show, board.terminal ? 500 : heartbeatMs);
  board.running.add(line);
  if (board.terminal) draw(board);
  let ended = false;
  const end = (sign: string, text?: string) => {
    if (ended) return;
    ended = true;
    clearInterval(timer);
    board.running.delete(line);
    write(board, ` ${sign} ${name} (${formatDuration(Date.now() - started)})${text === undefined ? "" : `: ${text}`}`);
  };
  return {
    detail: (text) => {
      detail = text;
    },
    done: (text) => end(signs.done, text),
    fail: (text) => end(signs.fail, text),
  };
}

/** Runs `work` as one named step; the step fails with the error that `work` throws. */
export async function withStep<T>(progress: Progress, name: string, work: (step: Step) => Promise<T>): Promise<T> {
  const step = progress.step(name);
  try {
    const result = await work(step);
    step.done();
    return result;
  } catch (error) {
    step.fail();
    throw error;
  }
}
