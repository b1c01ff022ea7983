/** Questions at the terminal. They go to standard error, so that a command's output stays clean. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/** True when a user can answer. */
export function canAsk(): boolean {
  return process.stdin.isTTY;
}

/** Asks for a line and returns it without spaces around it. */
export async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}

/** Asks for yes or no. Every answer except yes means no. */
export async function confirmed(question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `));
}

/** Asks for a line that the terminal does not show. */
export async function askSecret(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question);
  try {
    return (await terminal.question("")).trim();
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}
