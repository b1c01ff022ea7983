/** Reads the stack's configuration through Pulumi; what the values may be is settings.ts. */
import * as pulumi from "@pulumi/pulumi";
import { parseSettings, type RawSettings, type Settings, secretKeys } from "./settings";

const namespace = "inaetics:";

/** The validated settings, and the secrets that were given. */
export interface Configuration {
  readonly settings: Settings;
  readonly registryPassword: pulumi.Output<string> | undefined;
  readonly dashboardPassword: pulumi.Output<string> | undefined;
}

/**
 * The configuration of the stack.
 * @throws SettingsError naming every problem; nothing has been made by then.
 */
export function readConfiguration(): Configuration {
  const all = pulumi.runtime.allConfig();
  const raw: RawSettings = Object.fromEntries(
    Object.entries(all).flatMap(([key, value]) =>
      key.startsWith(namespace) ? [[key.slice(namespace.length), value]] : [],
    ),
  );
  const settings = parseSettings(raw);
  const given = (key: (typeof secretKeys)[number]) => (raw[key] === undefined ? undefined : pulumi.secret(raw[key]));
  return { settings, registryPassword: given("registryPassword"), dashboardPassword: given("dashboardPassword") };
}
