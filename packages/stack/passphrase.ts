import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { quote } from "@inaetics/base";
import { Failure, type Environment } from "@inaetics/workstation";
import { clusterCommand, Context, settingsFile } from "./context";
import { passphraseFile, readText, statePaths } from "./environment";
import { saltFits, saltOfSettings, saltOfState } from "./salt";

/** The passphrase that Pulumi will use. */
interface Passphrase {
  /** The variable or the file that has it. */
  readonly source: string;
  /** Undefined when that file cannot be read. */
  readonly text: string | undefined;
}

/**
 * Creates this checkout's passphrase (mode 600) when none exists.
 * @throws Failure when something exists that another passphrase encrypted
 */
export function ensurePassphrase(context: Context, environment: Environment = process.env): void {
  const file = statePaths.passphrase(context);
  if (findPassphrase(context, environment).text === undefined) {
    requirePassphrase(context, environment);
    fs.mkdirSync(context.state, { recursive: true, mode: 0o700 });
    try {
      // "wx" never replaces one: another ./cluster may have made it by now.
      fs.writeFileSync(file, randomBytes(24).toString("base64url"), { mode: 0o600, flag: "wx" });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
  if (fs.existsSync(file)) fs.chmodSync(file, 0o600);
}

/** @throws Failure with the cure when {@link passphraseProblem} finds one */
export function requirePassphrase(context: Context, environment: Environment = process.env): void {
  const problem = passphraseProblem(context, environment);
  if (problem !== undefined) throw problem;
}

/**
 * Checks that the passphrase decrypts what the stack's file and its state have encrypted. Changes nothing.
 *
 * Pulumi checks it too, but only after its installation. The first time, that takes half an hour of building.
 */
export function passphraseProblem(context: Context, environment: Environment = process.env): Failure | undefined {
  const { source, text } = findPassphrase(context, environment);
  const fits = (salt: string | undefined): boolean =>
    salt === undefined || (text !== undefined && saltFits(salt, text));
  if (text === undefined && source !== statePaths.passphrase(context)) return unreadable(context, source);
  // All stacks share one passphrase, so a new one would not fit the other stacks either.
  const states = stateFiles(context).filter((file) => text === undefined || path.parse(file).name === context.stack);
  const locked = states.filter((file) => !fits(saltOfState(readText(file) ?? "")));
  const differs = text === undefined ? `is not there: ${source}` : `is another than that of ${source}`;
  if (locked.length > 0) return lockedState(context, differs, locked);
  const settings = readText(settingsFile(context)) ?? "";
  return fits(saltOfSettings(settings)) ? undefined : lockedSettings(context, differs, settings);
}

/** Returns the passphrase that Pulumi will use; undefined when none exists. */
export function readPassphrase(context: Context, environment: Environment = process.env): string | undefined {
  return findPassphrase(context, environment).text;
}

/** Finds the passphrase in Pulumi's own order: the variable, the file that a variable names, the checkout's file. */
function findPassphrase(context: Context, environment: Environment): Passphrase {
  const text = environment.PULUMI_CONFIG_PASSPHRASE;
  if (text !== undefined) return { source: "PULUMI_CONFIG_PASSPHRASE", text };
  const source = passphraseFile(context, environment);
  return { source, text: readText(source)?.trim() };
}

function stateFiles(context: Context): readonly string[] {
  const folder = statePaths.stacks(context);
  if (!fs.existsSync(folder)) return [];
  const names = fs.readdirSync(folder).filter((name) => name.endsWith(".json"));
  return names.map((name) => path.join(folder, name));
}

function unreadable(context: Context, file: string): Failure {
  return new Failure(
    `PULUMI_CONFIG_PASSPHRASE_FILE: got ${file}, which cannot be read; allowed: a file with the passphrase`,
    `Write the passphrase to that file (mode 600), or unset the variable to use ${statePaths.passphrase(context)}.`,
  );
}

function lockedState(context: Context, differs: string, states: readonly string[]): Failure {
  const names = states.map((file) => path.parse(file).name);
  return new Failure(
    `the passphrase that encrypted the state of ${names.length === 1 ? "stack" : "the stacks"} ${names.join(", ")} ${differs}`,
    `${supply(context, "that passphrase")}
If it is lost, the secrets of the state are lost, too. Remove the boxes with all data, and put the state aside, for each of these stacks:
${names.map((name) => `  ${clusterCommand({ stack: name })} destroy --force-boxes`).join("\n")}
Then remove the line "encryptionsalt" with every "secure:" value from their Pulumi.<stack>.yaml.`,
  );
}

function lockedSettings(context: Context, differs: string, settings: string): Failure {
  const name = path.basename(settingsFile(context));
  const reset = `sed -i '/^encryptionsalt:/d' ${quote(settingsFile(context))}`;
  return new Failure(
    `${name} has an "encryptionsalt", by which Pulumi recognises its passphrase; that ${differs}`,
    `${supply(context, "the passphrase of the author of that file")}\n${
      /^\s+secure:/m.test(settings)
        ? `If its secrets are not needed, remove the settings with a "secure:" value. Then start with a new passphrase: ${reset}`
        : `Nothing in it is encrypted, so this starts afresh: ${reset}`
    }`,
  );
}

function supply(context: Context, passphrase: string): string {
  return `Put ${passphrase} into ${statePaths.passphrase(context)} (mode 600), or set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE.`;
}
