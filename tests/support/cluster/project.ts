/**
 * A copy of this project in a folder of its own, with its own state and stack. `./cluster` runs in it as for a user:
 * whatever a test configures or breaks stays in the copy.
 *
 * Does not prove anything by itself: the tests of the launcher use it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { repository } from "../repository";

/** Result of a command. */
export interface Finished {
  /** Exit code; null when a signal ended the command. */
  readonly code: number | null;
  /** Standard output and error, as shown to a user. */
  readonly text: string;
  readonly stdout: string;
  readonly seconds: number;
}

/** A running command. */
export interface Running {
  readonly finished: Promise<Finished>;
  /** Standard output and error so far. */
  text(): string;
  /** Sends a signal as Ctrl-C does: to the command and every child that shares its terminal. */
  signal(name: NodeJS.Signals): void;
  /** Ends the command and all its descendants at once, as a crash of the machine would. */
  crash(): void;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Seconds after which the command is ended and the test fails; default 300. */
  readonly timeout?: number;
}

const left = new Set([".git", ".build", ".state", ".vagrant", "node_modules", "dist", "target"]);
/** Environment variables of another stack, which must not leak into the copy's. */
const foreign = /^(PULUMI_|VAGRANT_|INAETICS_(?!CACHE$))|^KUBECONFIG$/;

export class Project {
  /** @param folder absolute; made, or refreshed when a former run left it (`.state` is kept). */
  constructor(
    readonly folder: string,
    readonly stack: string,
  ) {
    fs.mkdirSync(folder, { recursive: true });
    for (const entry of fs.readdirSync(folder)) {
      if (entry !== ".state") fs.rmSync(path.join(folder, entry), { recursive: true, force: true });
    }
    for (const entry of fs.readdirSync(repository)) {
      if (!isSource(entry)) continue;
      fs.cpSync(path.join(repository, entry), path.join(folder, entry), { recursive: true, filter: isSource });
    }
    fs.symlinkSync(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
  }

  /** Path of a file in the copy. */
  file(...names: string[]): string {
    return path.join(this.folder, ...names);
  }

  /** Replaces the stack's configuration, keeping the salt of its secrets. */
  configure(settings: Readonly<Record<string, string | number>>): void {
    const file = this.file(`Pulumi.${this.stack}.yaml`);
    const old = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    const salt = /^encryptionsalt:.*\n/m.exec(old)?.[0] ?? "";
    const lines = Object.entries(settings).map(
      ([key, value]) => `  inaetics:${key}: ${JSON.stringify(String(value))}\n`,
    );
    fs.writeFileSync(file, `${salt}config:${lines.length === 0 ? " {}" : ""}\n${lines.join("")}`);
  }

  /** Starts `./cluster` with these arguments, in a process group of its own. */
  start(args: readonly string[], options: RunOptions = {}): Running {
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
    const started = performance.now();
    const child = spawn("./cluster", args, {
      cwd: this.folder,
      env: { ...inherited, INAETICS_STACK: this.stack, ...options.env },
      stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      detached: true,
    });
    child.stdin?.end(options.input);
    return follow(child, `./cluster ${args.join(" ")}`, started, options.timeout ?? 300);
  }

  /** Runs `./cluster` to its end, with any exit code. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    return this.start(args, options).finished;
  }

  /** Like `run`, but throws an error with the output when the exit code is not 0. */
  async succeed(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const finished = await this.run(args, options);
    if (finished.code === 0) return finished;
    throw new Error(`./cluster ${args.join(" ")} ended with code ${finished.code}:\n${finished.text}`);
  }

  /** Removes the copy with its state; its cluster must be removed before. */
  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

function isSource(file: string): boolean {
  const name = path.basename(file);
  return !left.has(name) && (!/^Pulumi\..*\.yaml$/.test(name) || name === "Pulumi.dev.yaml");
}

function follow(child: ChildProcess, what: string, started: number, timeout: number): Running {
  let [text, stdout, late] = ["", "", false];
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    stdout += chunk;
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const pid = () => {
    if (child.pid === undefined) throw new Error(`${what} could not be started`);
    return child.pid;
  };
  const crash = () => [pid(), ...descendants(pid())].forEach((each) => end(each));
  const timer = setTimeout(() => {
    late = true;
    crash();
  }, timeout * 1000);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      if (late) reject(new Error(`${what} did not end within ${timeout} s; it printed:\n${text}`));
      resolve({ code, text: stripVTControlCharacters(text), stdout, seconds: (performance.now() - started) / 1000 });
    });
  });
  return { finished, text: () => text, signal: (name) => process.kill(-pid(), name), crash };
}

/** All descendants of a process, according to /proc; a daemon that the command started for others is spared. */
function descendants(pid: number): readonly number[] {
  const parents = new Map<number, number[]>();
  for (const entry of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const [name, parent] = parentOf(entry);
    if (parent === undefined || name === "dockerd" || name === "containerd") continue;
    parents.set(parent, [...(parents.get(parent) ?? []), Number(entry)]);
  }
  const below = (of: number): number[] => (parents.get(of) ?? []).flatMap((each) => [each, ...below(each)]);
  return below(pid);
}

/** Name and parent of a process; empty when it has just ended. */
function parentOf(pid: string): readonly [string?, number?] {
  try {
    const found = /^\d+ \((.*)\) \S (\d+)/.exec(fs.readFileSync(`/proc/${pid}/stat`, "utf8"));
    return found === null ? [] : [found[1], Number(found[2])];
  } catch {
    return [];
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    return; // It has just ended by itself.
  }
}
