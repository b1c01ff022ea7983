import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { parseSettings, RawSettings, secretKeys, Settings, SettingsError } from "../../components/settings";
import { Context } from "../context";
import { messageOf } from "../failure";
import { Check } from "./checks";

/** The stack's settings as Pulumi will give them to the program, and what is wrong with them. */
export function checkSettings(context: Context): { readonly settings: Settings; readonly checks: readonly Check[] } {
  const name = `Pulumi.${context.stack}.yaml`;
  const file = path.join(context.root, name);
  try {
    const raw = fs.existsSync(file) ? rawSettings(fs.readFileSync(file, "utf8")) : {};
    return { settings: parseSettings(raw), checks: [{ name: "settings", level: "ok", text: name }] };
  } catch (error) {
    const problems = error instanceof SettingsError ? error.problems : [`${name}: ${messageOf(error)}`];
    return {
      settings: parseSettings({}),
      checks: problems.map((text) => ({ name: "settings", level: "failed", text, cure: `It is in ${name}.` })),
    };
  }
}

/** The `inaetics:` settings of a stack's file. Secrets cannot be read here: any allowed value stands for them. */
export function rawSettings(text: string): RawSettings {
  const { config } = (parse(text) ?? {}) as { readonly config?: Readonly<Record<string, unknown>> | null };
  return Object.fromEntries(
    Object.entries(config ?? {}).flatMap(([key, value]) => {
      const [namespace, name] = key.split(":");
      if (namespace !== "inaetics" || name === undefined) return [];
      const isSecret = typeof value === "object" && value !== null && "secure" in value;
      if (isSecret && !(secretKeys as readonly string[]).includes(name)) return [];
      return [[name, isSecret ? "encrypted" : typeof value === "string" ? value : JSON.stringify(value)]];
    }),
  );
}
