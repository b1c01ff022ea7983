/** The provider's own settings: from its arguments, or else from the environment as the official provider has it. */
import { Properties, Value } from "../lib";
import { Mutability } from "./immutable";
import { show } from "./objects";

export interface Settings {
  /** Text or path; undefined: as kubectl finds it. */
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly cluster: string | undefined;
  /** Empty: the one of the kubeconfig's context. */
  readonly namespace: string;
  readonly serverSide: boolean;
  readonly force: boolean;
  readonly upsert: boolean;
  readonly deleteUnreachable: boolean;
  readonly mutability: Mutability;
}

/** Accepted because programs of the official provider have them, but without a meaning here. */
export const ignoredSettings: readonly string[] = [
  "alwaysRender",
  "clusterIdentifier",
  "helmReleaseSettings",
  "kubeClientSettings",
  "skipUpdateUnreachable",
  "strictMode",
  "suppressDeprecationWarnings",
  "suppressHelmHookWarnings",
];

/** @throws an error that names the setting, what it was and what is allowed */
export function settingsFrom(args: Properties, environment: NodeJS.ProcessEnv = process.env): Settings {
  const flag = (key: string, variable: string, otherwise = false) =>
    flagOf(args[key] ?? environment[variable], key, otherwise);
  const rendered = textOf(args["renderYamlToDirectory"], "renderYamlToDirectory");
  if (rendered !== undefined) {
    throw new Error(`got renderYamlToDirectory: "${rendered}"; the offline plugin does not have it, leave it out`);
  }
  return {
    kubeconfig: textOf(args["kubeconfig"], "kubeconfig"),
    context: textOf(args["context"], "context"),
    cluster: textOf(args["cluster"], "cluster"),
    namespace: textOf(args["namespace"], "namespace") ?? "",
    serverSide: flag("enableServerSideApply", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", true),
    force: flag("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
    upsert: flag("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
    deleteUnreachable: flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
    mutability: {
      secrets: flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
      configMaps: flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
    },
  };
}

/** The SDKs send texts; `"true"` may itself be JSON of a text. */
function flagOf(value: Value | undefined, key: string, otherwise: boolean): boolean {
  if (value === undefined || value === null || value === "") return otherwise;
  const plain = show(value)
    .replace(/^"(.*)"$/, "$1")
    .toLowerCase();
  if (["true", "1"].includes(plain)) return true;
  if (["false", "0"].includes(plain)) return false;
  throw new Error(`got ${key}: ${JSON.stringify(value)}; allowed are true and false`);
}

function textOf(value: Value | undefined, key: string): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  // A kubeconfig may be given as an object, which is JSON by now in some SDKs and a value in others.
  if (key === "kubeconfig" && typeof value === "object") return JSON.stringify(value);
  throw new Error(`got ${key}: ${JSON.stringify(value)}; allowed is a text`);
}
