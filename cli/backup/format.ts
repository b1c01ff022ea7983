/**
 * Content of a backup: a tar archive, encrypted as a whole. Pure.
 *
 * `header.json` comes first, `manifest.json` last, because its counts and checksums are known only then. Between them
 * are the files below and, for each stream, its configuration and its snapshot in numbered parts.
 */
import { createHash } from "node:crypto";
import { RESULTS, SAMPLES } from "@inaetics/samples";
import { Failure } from "@inaetics/workstation";
import * as z from "zod/mini";

/** Version of the format. A newer one is refused; an older one is read by all later versions. */
export const FORMAT = 1;

export const entryNames = {
  header: "header.json",
  /** The stack's settings file. */
  settings: "settings.yaml",
  /** Pulumi's configuration with decrypted secrets. */
  configuration: "configuration.json",
  /** Pulumi's state with decrypted secrets: passwords, the authority and all keys. */
  state: "state.json",
  /** Numbers of pods that were set live. */
  replicas: "replicas.json",
  manifest: "manifest.json",
} as const;

export const headerSchema = z.object({
  format: z.int(),
  /** ISO time at which the backup began. What came later may be missing. */
  begun: z.string(),
  stack: z.string(),
  /** Version of this project. */
  version: z.string(),
});
export type Header = z.infer<typeof headerSchema>;

/** Figures of a stream as the broker gives them. */
export const streamStateSchema = z.looseObject({
  messages: z.int(),
  bytes: z.int(),
  first_seq: z.int(),
  last_seq: z.int(),
});
/** Answer of the broker to the request for a snapshot: all that a restore of it needs again. */
export const snapshotSchema = z.object({
  config: z.looseObject({ name: z.string(), num_replicas: z.int() }),
  state: streamStateSchema,
});
export type Snapshot = z.infer<typeof snapshotSchema>;

const contentSchema = z.object({ bytes: z.int(), sha256: z.string() });
export const manifestSchema = z.extend(headerSchema, {
  nodes: z.int(),
  /** Samples that waited, results and bundles that were stored when each snapshot began. */
  counts: z.object({ samples: z.int(), results: z.int(), bundles: z.int() }),
  streams: z.array(
    z.extend(contentSchema, { name: z.string(), messages: z.int(), lastSequence: z.int(), parts: z.int() }),
  ),
  files: z.array(z.extend(contentSchema, { name: z.string() })),
});
export type Manifest = z.infer<typeof manifestSchema>;
export type SavedStream = Manifest["streams"][number];

/** Replicas by controller. */
export const replicasSchema = z.record(z.string(), z.int());

export function configurationEntry(stream: string): string {
  return `streams/${stream}/stream.json`;
}

export function partEntry(stream: string, part: number): string {
  return `streams/${stream}/${String(part).padStart(8, "0")}`;
}

/** Returns the stream that an entry is a part of. */
export function streamOfPart(entry: string): string | undefined {
  return /^streams\/([^/]+)\/\d+$/.exec(entry)?.[1];
}

/**
 * Sorts streams into the order of their snapshots. Samples come first and results last: a processor stores a result
 * before it acknowledges the sample, so each sample is in at least one of both. A sample in both is processed again,
 * and its id shows that. Models come before the objects that they name, because objects are stored first.
 */
export function snapshotOrder(names: readonly string[]): readonly string[] {
  const rank = (name: string) =>
    name === SAMPLES ? 0 : name === RESULTS ? 4 : name.startsWith("OBJ_") ? 3 : name.startsWith("KV_") ? 1 : 2;
  return [...names].sort((one, other) => rank(one) - rank(other) || one.localeCompare(other));
}

/** Refuses a backup of a later format. */
export function checkFormat({ format, version }: Pick<Header, "format" | "version">, file: string): void {
  if (format <= FORMAT) return;
  throw new Failure(
    `${file} has format ${format}, made by version ${version}; allowed: up to ${FORMAT}`,
    "Restore it with a checkout of that version, or a newer one: git pull",
  );
}

/** Counts bytes and their checksum. */
export class Checksum {
  private readonly hash = createHash("sha256");
  private count = 0;

  add(content: Uint8Array): void {
    this.hash.update(content);
    this.count += content.byteLength;
  }

  result(): { readonly bytes: number; readonly sha256: string } {
    return { bytes: this.count, sha256: this.hash.copy().digest("hex") };
  }
}

/** Found content of an archive, to compare with its manifest. */
export type FoundContent = ReadonlyMap<string, { readonly bytes: number; readonly sha256: string }>;

/** Returns the differences between content and manifest, by names of files and streams; none for a whole backup. */
export function differences(manifest: Manifest, found: FoundContent): readonly string[] {
  const wanted = new Map([...manifest.files, ...manifest.streams].map((each) => [each.name, each]));
  const missing = [...wanted].flatMap(([name, { bytes, sha256 }]) => {
    const have = found.get(name);
    if (have === undefined) return [`${name} is missing`];
    return have.bytes === bytes && have.sha256 === sha256 ? [] : [`${name} differs from its checksum`];
  });
  return [...missing, ...[...found.keys()].filter((name) => !wanted.has(name)).map((name) => `${name} is unknown`)];
}
