/** The text of what runs backups on a schedule. Pure. */
import { command } from "@inaetics/base";
import type { Schedule } from "./names";

/** A command that a schedule runs, and the variables that it needs. */
export interface Job {
  /** Name of the timer, such as `inaetics-dev-backup`. */
  readonly name: string;
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Variables that choose the state, the passphrase and the places of files. A passphrase itself is never written. */
const inherited = [
  "PATH",
  "HOME",
  "XDG_DATA_HOME",
  "INAETICS_CACHE",
  "INAETICS_STATE",
  "INAETICS_BACKUPS",
  "PULUMI_CONFIG_PASSPHRASE_FILE",
] as const;

/** Returns the variables that a scheduled run needs of those that this run has. */
export function jobEnvironment(environment: Readonly<Record<string, string | undefined>>): Job["environment"] {
  return Object.fromEntries(
    inherited.flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === "" ? [] : [[name, value]];
    }),
  );
}

/** Returns the units of systemd. A run that was missed, because the machine was off, is made up for at the next start. */
export function systemdUnits(job: Job, every: Schedule): Readonly<Record<string, string>> {
  const variables = Object.entries(job.environment).map(
    ([name, value]) => `Environment=${unitWord(`${name}=${value}`)}`,
  );
  return {
    [`${job.name}.service`]: [
      "[Unit]",
      "Description=Backup of the INAETICS cluster",
      "[Service]",
      "Type=oneshot",
      ...variables,
      `ExecStart=${job.words.map(unitWord).join(" ")}`,
      "",
    ].join("\n"),
    [`${job.name}.timer`]: [
      "[Unit]",
      "Description=Backups of the INAETICS cluster",
      "[Timer]",
      `OnCalendar=${every}`,
      "RandomizedDelaySec=60",
      "Persistent=true",
      "[Install]",
      "WantedBy=timers.target",
      "",
    ].join("\n"),
  };
}

/** Quotes a word of a unit: systemd expands `%` and `$`, and knows the escapes of C. */
function unitWord(word: string): string {
  return `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%").replaceAll("$", "$$$$")}"`;
}

/** Returns a crontab with this job's line in place of an earlier one; without it when `every` is undefined. */
export function crontabWith(current: string, job: Job, every: Schedule | undefined): string {
  const mark = `# ${job.name}`;
  const others = current.split("\n").filter((line) => line !== "" && !line.endsWith(mark));
  const words = ["env", ...Object.entries(job.environment).map(([name, value]) => `${name}=${value}`), ...job.words];
  // cron ends a command at `%`.
  const line = `@${every ?? ""} ${command(...words).replaceAll("%", "\\%")} >/dev/null 2>&1 ${mark}`;
  const all = every === undefined ? others : [...others, line];
  return all.map((each) => `${each}\n`).join("");
}
