import { ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Context, nameStack, pulumiEnvironment, requirePassphrase, withStackLock } from "@inaetics/stack";
import { Failure, Interrupted, lastLines, formatDuration, Progress } from "@inaetics/workstation";
import { keepCopy } from "../adoption/keep";
import { EngineEvent, interpret } from "./events";
import { prepareRun } from "../drift/repair";
import { healStack, ownerFile } from "./heal";

/** Milliseconds from which a step is shown. Shorter steps are only counted, because they would hide the long ones. */
const shownFromMs = 700;

export type Operation = "up" | "destroy" | "refresh";

/**
 * Runs a Pulumi operation and shows its steps by name and duration. Pulumi's whole output is kept in
 * `<run>/pulumi-<operation>.log`.
 * @param environment further variables of the program
 * @throws Failure with Pulumi's errors, or when the passphrase does not fit; Interrupted after Ctrl-C
 */
export async function runOperation(
  context: Context,
  operation: Operation,
  extra: readonly string[],
  progress: Progress,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  requirePassphrase(context);
  await withStackLock(context, progress, async () => {
    await healStack(context, progress);
    try {
      await operate(context, operation, extra, progress, environment);
    } finally {
      // A failed or interrupted operation has changed the state, too.
      await keepCopy(context, progress);
    }
  });
}

/** Runs the operation on a stack that this process has locked. */
async function operate(
  context: Context,
  operation: Operation,
  extra: readonly string[],
  progress: Progress,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const repair = await prepareRun(context, operation, extra, progress);
  fs.mkdirSync(context.run, { recursive: true, mode: 0o700 });
  const events = path.join(context.run, "events.jsonl");
  const log = path.join(context.run, `pulumi-${operation}.log`);
  fs.rmSync(events, { force: true });
  const args = [
    operation,
    "--yes",
    "--non-interactive",
    "--color=never",
    "--event-log",
    events,
    ...extra,
    ...repair.args,
  ];
  if (operation !== "refresh") args.push("--skip-preview");
  fs.writeFileSync(ownerFile(context), `${process.pid}\n`);
  // Pulumi writes to the file itself, without a pipe. It outlives a killed ./cluster, and can then be asked to stop.
  const output = fs.openSync(log, "w", 0o600);
  const child = spawn("pulumi", args, {
    cwd: context.root,
    // Pulumi offers the option for the event log only with its debugging commands.
    env: {
      ...process.env,
      ...pulumiEnvironment(context, process.env),
      PULUMI_DEBUG_COMMANDS: "true",
      ...environment,
      ...repair.env,
    },
    stdio: ["ignore", output, output],
    // Starts a session of its own: Ctrl-C reaches Pulumi once, through us, and not the commands that it runs.
    detached: true,
  });
  fs.closeSync(output);
  const signals = forwardSignals(child.pid, progress);
  const reporter = new EventReporter(operation, context.stack, progress);
  let ended = false;
  const result = exitOf(child).finally(() => (ended = true));
  const following = followEvents(
    events,
    () => ended,
    (event) => reporter.take(event),
  );
  const outcome = await result;
  await following;
  signals.stop();
  fs.rmSync(ownerFile(context), { force: true });
  const succeeded = outcome === undefined;
  reporter.end(succeeded);
  if (signals.received) throw new Interrupted(`pulumi ${operation} was interrupted`);
  if (succeeded) return;
  const reason = reporter.errors.length > 0 ? reporter.errors.join("\n") : tailOf(log) || outcome;
  throw new Failure(`pulumi ${operation} failed: ${reason}`, `All of its output is in ${log}`);
}

/** Returns how a process failed; undefined when it succeeded. */
function exitOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) =>
      resolve(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`),
    );
  });
}

function tailOf(file: string): string {
  return fs.existsSync(file) ? lastLines(fs.readFileSync(file, "utf8"), 15) : "";
}

/** Forwards signals. The first lets Pulumi finish the running steps and stop, the second ends it, a third kills it. */
function forwardSignals(pid: number | undefined, progress: Progress): { readonly received: boolean; stop(): void } {
  let count = 0;
  const onSignal = () => {
    count += 1;
    if (pid === undefined) return;
    if (count === 1) progress.note("stopping after the running steps; press Ctrl-C again to end them at once");
    try {
      process.kill(pid, "SIGINT");
      if (count > 2) process.kill(-pid, "SIGKILL");
    } catch {
      return; // The process has just ended.
    }
  };
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    get received() {
      return count > 0;
    },
    stop: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}

/** Reads the event log while it grows. */
async function followEvents(file: string, ended: () => boolean, take: (event: EngineEvent) => void): Promise<void> {
  let offset = 0;
  let rest = Buffer.alloc(0);
  for (;;) {
    const last = ended();
    if (fs.existsSync(file)) {
      const descriptor = fs.openSync(file, "r");
      const piece = Buffer.alloc(1 << 20);
      for (let read = fs.readSync(descriptor, piece, 0, piece.length, offset); read > 0;) {
        offset += read;
        rest = Buffer.concat([rest, piece.subarray(0, read)]);
        read = fs.readSync(descriptor, piece, 0, piece.length, offset);
      }
      fs.closeSync(descriptor);
      const end = rest.lastIndexOf(10);
      for (const line of rest
        .subarray(0, end + 1)
        .toString("utf8")
        .split("\n")) {
        if (line !== "") take(JSON.parse(line) as EngineEvent);
      }
      rest = rest.subarray(end + 1);
    }
    if (last) return;
    await sleep(150);
  }
}

/** Returns the first three names and the number of the others. */
function abbreviate(names: readonly string[]): string {
  return names.length <= 4 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}

/** Turns events into lines: one for each step that took time. The running steps are the detail of the operation. */
class EventReporter {
  readonly errors: string[] = [];
  readonly #running = new Map<string, { readonly name: string; readonly since: number }>();
  readonly #step;
  #changes: Readonly<Record<string, number>> = {};

  constructor(
    operation: Operation,
    private readonly stack: string,
    private readonly progress: Progress,
  ) {
    this.#step = progress.step(`pulumi ${operation}`);
  }

  take(event: EngineEvent): void {
    const shown = interpret(event);
    if (shown === undefined) return;
    switch (shown.kind) {
      case "started":
        this.#running.set(shown.key, { name: shown.name, since: Date.now() });
        break;
      case "ended":
        this.#ended(shown.key, shown.failed);
        break;
      case "message":
        if (shown.severity === "error") this.errors.push(shown.text);
        else
          this.progress.note(
            nameStack(shown.severity === "warning" ? `warning: ${shown.text}` : shown.text, this.stack),
          );
        break;
      case "summary":
        this.#changes = shown.changes;
    }
    this.#step.detail(abbreviate([...this.#running.values()].map(({ name }) => name)));
  }

  #ended(key: string, failed: boolean): void {
    const step = this.#running.get(key);
    if (step === undefined) return;
    this.#running.delete(key);
    const took = Date.now() - step.since;
    if (failed || took >= shownFromMs) {
      this.progress.line(failed ? "fail" : "done", `${step.name} (${formatDuration(took)})`);
    }
  }

  end(succeeded: boolean): void {
    const counts = Object.entries(this.#changes).map(([operation, count]) => `${count} ${operation}`);
    if (succeeded) this.#step.done(counts.join(", ") || "nothing to do");
    else this.#step.fail();
  }
}
