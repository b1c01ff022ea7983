import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { parseSettings, RawSettings, secretKeys, Settings, SettingsError } from "@inaetics/model/cluster";
import { Context, settingsFile, passphraseProblem } from "@inaetics/stack";
import { messageOf } from "@inaetics/base";
import { Check } from "./checks";

/** Reads the stack's settings as Pulumi will pass them to the program, and checks them. */
export function checkSettings(context: Context): { readonly settings: Settings; readonly checks: readonly Check[] } {
  const file = settingsFile(context);
  const name = path.basename(file);
  try {
    const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    const settings = parseSettings(rawSettings(text), plainKeys(text));
    return { settings, checks: [{ name: "settings", level: "ok", text: name }] };
  } catch (error) {
    const problems = error instanceof SettingsError ? error.problems : [`${name}: ${messageOf(error)}`];
    return {
      settings: parseSettings({}),
      checks: problems.map((text) => ({ name: "settings", level: "failed", text, cure: `Correct it in ${name}.` })),
    };
  }
}

/** Checks that the passphrase decrypts the existing secrets. */
export function checkPassphrase(context: Context): Check {
  const problem = passphraseProblem(context);
  if (problem === undefined) return { name: "passphrase", level: "ok", text: "decrypts all secrets" };
  return { name: "passphrase", level: "failed", text: problem.message, cure: problem.cure };
}

/**
 * Reads the `inaetics:` settings of a stack's file. Secrets cannot be read here: an allowed value stands in for each.
 */
export function rawSettings(text: string): RawSettings {
  return Object.fromEntries(
    written(text).flatMap(([name, value]) => {
      if (isEncrypted(value)) return (secretKeys as readonly string[]).includes(name) ? [[name, "encrypted"]] : [];
      return [[name, typeof value === "string" ? value : JSON.stringify(value)]];
    }),
  );
}

/** Returns the keys of the `inaetics:` settings that the file holds unencrypted. */
export function plainKeys(text: string): readonly string[] {
  return written(text).flatMap(([name, value]) => (isEncrypted(value) ? [] : [name]));
}

/** Returns names and values as written. Pulumi takes a name without a namespace as one of the project's. */
function written(text: string): readonly (readonly [string, unknown])[] {
  const { config } = (parse(text) ?? {}) as { readonly config?: Readonly<Record<string, unknown>> | null };
  return Object.entries(config ?? {}).flatMap(([key, value]) => {
    const [namespace, name] = key.includes(":") ? key.split(":") : ["inaetics", key];
    return namespace === "inaetics" && name !== undefined ? [[name, value] as const] : [];
  });
}

function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}
