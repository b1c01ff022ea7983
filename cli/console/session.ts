import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { createInterface } from "node:readline";
import { receive, send, START, type TelnetState } from "./telnet";

/** Milliseconds of silence after which an answer counts as complete. */
export interface Patience {
  /** After text that ends with a prompt. */
  readonly prompt: number;
  /** After other text. */
  readonly text: number;
  /** After no text at all. */
  readonly nothing: number;
}

const usual: Patience = { prompt: 150, text: 3000, nothing: 15_000 };

/** A shell at the other end of a socket; telnet's own commands are handled here. */
export class ShellConnection {
  private state: TelnetState = START;
  private readonly decoder = new TextDecoder();
  private received = "";
  private failure: Error | undefined;
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(private readonly socket: Socket) {
    socket.on("data", (chunk: Buffer) => {
      const { state, text, reply } = receive(this.state, chunk);
      this.state = state;
      if (reply.length > 0) socket.write(reply);
      this.received += this.decoder.decode(text, { stream: true });
      this.wake();
    });
    socket.on("error", (error) => (this.failure = error));
    socket.on("close", () => {
      this.ended = true;
      this.wake();
    });
  }

  isOpen(): boolean {
    return !this.ended;
  }

  write(text: string): void {
    if (!this.ended) this.socket.write(send(Buffer.from(text)));
  }

  /** Returns the text that arrived since the last call. */
  take(): string {
    const text = this.received;
    this.received = "";
    return text;
  }

  /** Waits for text or the end of the connection. True when neither came in time. Throws when the connection failed. */
  async silent(milliseconds: number): Promise<boolean> {
    if (this.received !== "") return false;
    if (this.failure !== undefined) throw this.failure;
    if (this.ended) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(true), milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

/** True when a text ends with a line that is only a prompt, such as `g! ` or `-> `. */
export function endsWithPrompt(text: string): boolean {
  return /(?:^|[\r\n])\S{0,20}[>!] $/.test(text);
}

/**
 * Sends each line after the answer to the previous one, and prints the answers without greeting and prompts.
 * @throws Error when the shell does not answer, or ends before the last line was answered
 */
export async function runLines(
  shell: ShellConnection,
  lines: Readable,
  output: Writable,
  patience: Patience = usual,
): Promise<void> {
  await answer(shell, { ...patience, nothing: patience.text });
  for await (const line of createInterface({ input: lines, crlfDelay: Infinity })) {
    if (!shell.isOpen()) throw new Error(`the shell ended before the line "${line}"`);
    shell.write(`${line}\n`);
    const text = await answer(shell, patience);
    if (text === "" && shell.isOpen())
      throw new Error(`the shell did not answer "${line}" within ${patience.nothing / 1000} s`);
    output.write(withoutPrompt(text));
  }
}

/** Collects the shell's output until it shows a prompt, or stays silent for long. */
async function answer(shell: ShellConnection, patience: Patience): Promise<string> {
  let received = "";
  for (;;) {
    const wait = received === "" ? patience.nothing : endsWithPrompt(received) ? patience.prompt : patience.text;
    if (await shell.silent(wait)) return received;
    const more = shell.take();
    if (more === "" && !shell.isOpen()) return received;
    received += more;
  }
}

function withoutPrompt(received: string): string {
  const text = endsWithPrompt(received) ? received.replace(/[^\r\n]*$/, "") : received;
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** Connects the shell to the terminal until either ends. The terminal itself edits and shows the input. */
export async function interact(shell: ShellConnection, input: Readable, output: Writable): Promise<void> {
  const typed = (text: Buffer): void => shell.write(text.toString());
  const over = (): void => shell.close();
  input.on("data", typed);
  input.once("end", over);
  try {
    while (shell.isOpen()) {
      await shell.silent(60_000);
      output.write(shell.take());
    }
  } finally {
    input.off("data", typed);
    input.off("end", over);
    input.pause();
  }
}
