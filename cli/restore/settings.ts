/** Merges the settings of a backup with those of this checkout. Pure. */
import { parse, parseDocument } from "yaml";

/** Settings that say where the cluster is and how large. This checkout's own values are kept. */
const ofPlace: readonly string[] = [
  "boxProvider",
  "nodes",
  "subnet",
  "podNetwork",
  "serviceNetwork",
  "flannelBackend",
  "flannelEtcdPrefix",
  "queueReplicas",
  "viewerPort",
  "provisioningPort",
];

export interface MergedSettings {
  readonly text: string;
  /** Lines such as `nodes: 2 of this checkout, 3 in the backup`. */
  readonly differences: readonly string[];
}

type Values = ReadonlyMap<string, unknown>;

/** Returns the unencrypted settings of a stack's file, by their names without the project's. */
function plainSettings(text: string): Values {
  const { config } = (parse(text) ?? {}) as { readonly config?: Readonly<Record<string, unknown>> | null };
  return new Map(
    Object.entries(config ?? {}).flatMap(([key, value]) => {
      const isSecret = typeof value === "object" && value !== null && "secure" in value;
      return isSecret ? [] : [[key.replace(/^inaetics:/, ""), value] as const];
    }),
  );
}

/**
 * Returns this checkout's file with the settings of the backup. Place and size stay as they are written here; all else
 * becomes as it was. Comments of this checkout stay. Secrets are not in the result.
 */
export function mergeSettings(here: string, saved: string): MergedSettings {
  const document = parseDocument(here.trim() === "" ? "config: {}\n" : here);
  const [own, old] = [plainSettings(here), plainSettings(saved)];
  const keeps = (key: string) => ofPlace.includes(key) && own.has(key);
  const differences: string[] = [];
  for (const key of new Set([...old.keys(), ...own.keys()])) {
    const [ours, theirs] = [own.get(key), old.get(key)];
    if (JSON.stringify(ours) === JSON.stringify(theirs)) continue;
    if (keeps(key)) {
      differences.push(`${key}: ${show(ours)} of this checkout, ${show(theirs)} in the backup`);
    } else if (old.has(key)) {
      const fits = key !== "queueReplicas" || Number(theirs) <= Number(own.get("nodes") ?? old.get("nodes") ?? theirs);
      if (fits) document.setIn(["config", `inaetics:${key}`], theirs);
      differences.push(
        `${key}: ${fits ? `${show(theirs)} of the backup` : "as the nodes allow"}, ${fits ? `${show(ours)} in this checkout` : `${show(theirs)} in the backup`}`,
      );
    } else if (!ofPlace.includes(key)) {
      document.deleteIn(["config", `inaetics:${key}`]);
      differences.push(`${key}: the default as in the backup, ${show(ours)} in this checkout`);
    }
  }
  return { text: document.toString(), differences };
}

function show(value: unknown): string {
  return value === undefined ? "the default" : typeof value === "string" ? value : JSON.stringify(value);
}
