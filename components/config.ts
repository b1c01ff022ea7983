/** Reads the stack's configuration through Pulumi; settings.ts defines the allowed values. */
import * as pulumi from "@pulumi/pulumi";
import { HELD_VARIABLE } from "@inaetics/model";
import { parseSettings, type RawSettings, type Settings, secretKeys, SettingsError } from "@inaetics/model/cluster";

const namespace = "inaetics:";

/** Validated settings, and the secrets that were given. */
export interface Configuration {
  readonly settings: Settings;
  readonly registryPassword: pulumi.Output<string> | undefined;
  readonly dashboardPassword: pulumi.Output<string> | undefined;
  /** True while a restore loads the queue: only the brokers run. */
  readonly held: boolean;
}

/**
 * Reads the configuration of the stack.
 * @throws RunError naming every problem; nothing has been made by then.
 */
export function readConfiguration(): Configuration {
  const all = pulumi.runtime.allConfig();
  const raw: RawSettings = Object.fromEntries(
    Object.entries(all).flatMap(([key, value]) =>
      key.startsWith(namespace) ? [[key.slice(namespace.length), value]] : [],
    ),
  );
  const encrypted = encryptedKeys();
  const settings = parse(
    raw,
    Object.keys(raw).filter((key) => !encrypted.includes(namespace + key)),
  );
  const given = (key: (typeof secretKeys)[number]) => (raw[key] === undefined ? undefined : pulumi.secret(raw[key]));
  return {
    settings,
    registryPassword: given("registryPassword"),
    dashboardPassword: given("dashboardPassword"),
    held: process.env[HELD_VARIABLE] === "true",
  };
}

/** Returns the keys of the encrypted values; the engine passes all values decrypted, with these keys beside them. */
function encryptedKeys(): readonly string[] {
  return JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]") as readonly string[];
}

/** Validates the settings. Throws a RunError, which Pulumi shows without a stack trace, unlike any other error. */
function parse(raw: RawSettings, plain: readonly string[]): Settings {
  try {
    return parseSettings(raw, plain);
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}
