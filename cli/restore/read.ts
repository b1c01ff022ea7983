import * as fs from "node:fs";
import { messageOf } from "@inaetics/base";
import { Failure } from "@inaetics/workstation";
import * as z from "zod/mini";
import { readArchive } from "../backup/archive";
import {
  checkFormat,
  Checksum,
  differences,
  entryNames,
  headerSchema,
  manifestSchema,
  snapshotSchema,
  streamOfPart,
  type Manifest,
  type Snapshot,
} from "../backup/format";

/** A backup that was read once as a whole, and found to be complete. */
export interface OpenedBackup {
  readonly file: string;
  readonly passphrase: string;
  readonly manifest: Manifest;
  /** Text of a file of the backup; empty when it has none of that name. */
  readonly text: (name: string) => string;
  readonly snapshots: ReadonlyMap<string, Snapshot>;
}

/**
 * Reads a backup and compares it with its manifest. Writes nothing.
 * @param onBytes called with the bytes of streams that were read
 * @throws Failure when the passphrase is another one, the file is damaged or cut off, or its format is a later one
 */
export async function openBackup(
  file: string,
  passphrase: string,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<OpenedBackup> {
  if (!fs.existsSync(file)) throw new Failure(`${file} does not exist`, "Name the file of a backup.");
  const texts = new Map<string, string>();
  const sums = new Map<string, Checksum>();
  let bytes = 0;
  for await (const { name, content } of readArchive(file, passphrase)) {
    const stream = streamOfPart(name);
    if (stream === undefined) texts.set(name, Buffer.from(content).toString());
    // The format is checked before the rest is read, which another format may have in another form.
    if (name === entryNames.header) checkFormat(parse(headerSchema, file, texts, name), file);
    if (name === entryNames.manifest || name.startsWith("streams/") !== (stream !== undefined)) continue;
    const key = stream ?? name;
    const sum = sums.get(key) ?? new Checksum();
    sum.add(content);
    sums.set(key, sum);
    bytes += content.byteLength;
    onBytes(bytes);
  }
  const manifest = parse(manifestSchema, file, texts, entryNames.manifest);
  const found = differences(manifest, new Map([...sums].map(([name, sum]) => [name, sum.result()])));
  if (found.length > 0) throw damaged(file, found.join(", "));
  const snapshots = new Map(
    manifest.streams.map(({ name }) => [name, parse(snapshotSchema, file, texts, `streams/${name}/stream.json`)]),
  );
  return { file, passphrase, manifest, text: (name) => texts.get(name) ?? "", snapshots };
}

function parse<T>(schema: z.ZodMiniType<T>, file: string, texts: ReadonlyMap<string, string>, name: string): T {
  try {
    return z.parse(schema, JSON.parse(texts.get(name) ?? ""));
  } catch (error) {
    throw damaged(file, `${name}: ${messageOf(error)}`);
  }
}

function damaged(file: string, reason: string): Failure {
  return new Failure(`${file} is not a whole backup: ${reason}`, "Use another backup: this one cannot be repaired.");
}

/**
 * Reads the streams of a backup again, one after the other.
 * @param take must read all parts of a stream before it returns
 */
export async function forEachStream(
  { file, passphrase }: OpenedBackup,
  take: (stream: string, parts: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const entries = readArchive(file, passphrase);
  let next = await entries.next();
  const partsOf = async function* (stream: string): AsyncGenerator<Uint8Array> {
    while (next.done !== true && streamOfPart(next.value.name) === stream) {
      yield next.value.content;
      next = await entries.next();
    }
  };
  try {
    while (next.done !== true) {
      const stream = streamOfPart(next.value.name);
      if (stream === undefined) next = await entries.next();
      else await take(stream, partsOf(stream));
    }
  } finally {
    await entries.return(undefined);
  }
}
