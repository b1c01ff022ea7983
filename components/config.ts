/** Reads the stack's configuration through Pulumi; what the values may be is settings.ts. */
import * as pulumi from "@pulumi/pulumi";
import { parseSettings, type RawSettings, type Settings, secretKeys, SettingsError } from "./settings";

const namespace = "inaetics:";

/** The validated settings, and the secrets that were given. */
export interface Configuration {
  readonly settings: Settings;
  readonly registryPassword: pulumi.Output<string> | undefined;
  readonly dashboardPassword: pulumi.Output<string> | undefined;
}

/**
 * The configuration of the stack.
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
  return { settings, registryPassword: given("registryPassword"), dashboardPassword: given("dashboardPassword") };
}

/** The engine hands over decrypted values, and beside them the keys of those that were encrypted. */
function encryptedKeys(): readonly string[] {
  return JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]") as readonly string[];
}

/** A RunError is shown by its message alone, where Pulumi adds a stack trace to every other one. */
function parse(raw: RawSettings, plain: readonly string[]): Settings {
  try {
    return parseSettings(raw, plain);
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}
