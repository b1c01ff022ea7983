import * as fs from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import { command } from "@inaetics/base";
import { clusterCommand, Context } from "@inaetics/stack";
import { createProgress, Failure, run, tryRun, writeAtomically, type Progress } from "@inaetics/workstation";
import { backup } from "./create";
import { parseKeep, parseSchedule, type Schedule } from "./names";
import { updateRecord } from "./record";
import { crontabWith, jobEnvironment, systemdUnits, type Job } from "./timer";

/** Options as typed on the command line. */
export interface BackupOptions {
  readonly schedule?: string;
  readonly keep?: string;
}

/** Makes a backup, now or on a schedule. */
export async function runBackup(context: Context, file: string | undefined, options: BackupOptions): Promise<void> {
  const every = options.schedule === undefined ? undefined : parseSchedule(options.schedule);
  const keep = options.keep === undefined ? undefined : parseKeep(options.keep);
  if (file !== undefined && (every !== undefined || keep !== undefined)) {
    throw new Failure(
      `got the file ${file} with --schedule or --keep, which work on the stack's folder of backups`,
      "Give the file alone, or the options alone.",
    );
  }
  if (every === undefined) await backup(context, file, keep);
  else if (every === "off") await endSchedule(context);
  else await beginSchedule(context, every, keep ?? 7);
}

/**
 * Installs a timer on this machine, because only it has the passphrase and Pulumi's state, and because a copy on the
 * boxes would be lost with their disk. Makes the first backup at once, which shows that it works.
 */
async function beginSchedule(context: Context, every: Schedule, keep: number): Promise<void> {
  if (process.env.PULUMI_CONFIG_PASSPHRASE !== undefined) {
    throw new Failure(
      "the passphrase is only in PULUMI_CONFIG_PASSPHRASE, which a timer does not have",
      "Put it into a file (mode 600), unset that variable, and set PULUMI_CONFIG_PASSPHRASE_FILE to the file's path.",
    );
  }
  const progress = createProgress();
  await backup(context, undefined, keep);
  const job = jobOf(context, keep);
  const by = await install(job, every);
  updateRecord(context, { schedule: { every, keep, since: new Date().toISOString() } });
  if (by === undefined) {
    progress.note(
      `this machine has neither systemd nor cron: let another scheduler run\n${command(...job.words)}\n` +
        `${clusterCommand(context)} status reports when a backup is overdue`,
    );
  } else progress.note(`${every} by ${by}; the newest ${keep} are kept`);
}

async function endSchedule(context: Context): Promise<void> {
  await uninstall(jobOf(context, 1), createProgress());
  updateRecord(context, { schedule: undefined });
  process.stdout.write("No further backups are scheduled; the existing ones are kept.\n");
}

function jobOf(context: Context, keep: number): Job {
  const words = [path.join(context.root, "cluster"), "--stack", context.stack, "backup", "--keep", String(keep)];
  return { name: `${context.cluster}-backup`, words, environment: jobEnvironment(process.env) };
}

const isRoot = (): boolean => process.getuid?.() === 0;
const unitFolder = (): string =>
  isRoot()
    ? "/etc/systemd/system"
    : path.join(process.env.XDG_CONFIG_HOME ?? path.join(homedir(), ".config"), "systemd/user");
const systemctl = (args: readonly string[]): Promise<string> =>
  run("systemctl", [...(isRoot() ? [] : ["--user"]), ...args], { timeout: 30_000 });

/** Installs the job. Returns the name of what runs it; undefined when this machine has nothing that does. */
async function install(job: Job, every: Schedule): Promise<string | undefined> {
  if (fs.existsSync("/run/systemd/system")) {
    const folder = unitFolder();
    fs.mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(systemdUnits(job, every)))
      writeAtomically(path.join(folder, name), text, 0o600);
    await systemctl(["daemon-reload"]);
    await systemctl(["enable", "--now", `${job.name}.timer`]);
    return "systemd";
  }
  const current = await crontab();
  if (current === undefined) return undefined;
  await run("crontab", ["-"], { input: crontabWith(current, job, every), timeout: 10_000 });
  return "cron";
}

async function uninstall(job: Job, progress: Progress): Promise<void> {
  const timer = path.join(unitFolder(), `${job.name}.timer`);
  if (fs.existsSync(timer)) {
    await systemctl(["disable", "--now", `${job.name}.timer`]);
    fs.rmSync(timer, { force: true });
    fs.rmSync(timer.replace(/timer$/, "service"), { force: true });
    await systemctl(["daemon-reload"]);
    progress.note(`removed ${timer}`);
  }
  const current = await crontab();
  const without = current === undefined ? undefined : crontabWith(current, job, undefined);
  if (without !== undefined && current?.includes(`# ${job.name}\n`) === true) {
    await run("crontab", ["-"], { input: without, timeout: 10_000 });
    progress.note("removed its line of the crontab");
  }
}

/** Reads this user's crontab; undefined when cron is not installed. */
async function crontab(): Promise<string | undefined> {
  const answer = await tryRun("crontab", ["-l"], { timeout: 10_000 });
  if (answer.exitCode === 0) return `${answer.stdout}\n`;
  return /no crontab/i.test(answer.stderr) ? "" : undefined;
}
