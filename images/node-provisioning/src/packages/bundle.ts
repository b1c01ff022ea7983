import type { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import * as yauzl from "yauzl";
import { messageWithCause } from "@inaetics/base";
import { provisioningNameSchema, type Artifact, type Platform } from "@inaetics/model";
import { Problem, wrong } from "@inaetics/service";
import { normaliseVersion } from "../model/versions";
import { digestOf } from "../storage/files";
import { parseMainSection } from "./manifest";

/** Facts that a file states about itself. */
export type BundleFacts = Pick<Artifact, "name" | "version" | "platform" | "sha256" | "size">;

const MANIFEST = "META-INF/MANIFEST.MF";
const LARGEST_MANIFEST = 256 * 1024;
/** Largest unpacked size of a bundle, because an agent has 256 MiB of disk. */
const LARGEST_UNPACKED = 192 * 1024 * 1024;
const MOST_ENTRIES = 20_000;

/** Reads a bundle: an OSGi jar or a Celix zip. Throws a Problem (400) that says what is wrong with the file. */
export async function readBundle(file: string): Promise<BundleFacts> {
  let manifest: string | undefined;
  try {
    manifest = await readZip(file);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw wrong(
      `the file is not a complete zip: ${messageWithCause(error)}; upload an OSGi bundle (jar) or a Celix bundle (zip)`,
    );
  }
  if (manifest === undefined) throw wrong(`the file has no ${MANIFEST}, so it is neither an OSGi nor a Celix bundle`);
  return { ...identity(parseMainSection(manifest)), ...(await digestOf(file)) };
}

function identity(headers: ReadonlyMap<string, string>): Pick<Artifact, "name" | "version" | "platform"> {
  const symbolic = headers.get("bundle-symbolicname");
  const activator = headers.get("bundle-activator")?.trim() ?? "";
  const platform: Platform = activator.endsWith(".so") ? "celix" : "osgi";
  if (symbolic === undefined) {
    throw wrong(
      "the manifest has no Bundle-SymbolicName, so the file is no bundle; a Celix bundle also has a Bundle-Activator that ends in .so",
    );
  }
  const name = symbolic.split(";")[0]?.trim() ?? "";
  if (!provisioningNameSchema.safeParse(name).success) {
    throw wrong(
      `Bundle-SymbolicName: got "${name.slice(0, 150)}"; allowed are 1 to 128 letters, digits, dots, dashes and underscores`,
    );
  }
  const text = headers.get("bundle-version") ?? "0.0.0";
  const version = normaliseVersion(text);
  if (version === undefined) {
    throw wrong(`Bundle-Version: got "${text.slice(0, 100)}"; allowed are versions such as 1.2.3 or 1.2.3.beta`);
  }
  return { name, version, platform };
}

/** Reads every entry to its end, so that this process finds damage before an agent does. Returns the manifest's text. */
async function readZip(file: string): Promise<string | undefined> {
  const zip = await yauzl.openPromise(file, { lazyEntries: true, autoClose: false });
  try {
    if (zip.entryCount > MOST_ENTRIES)
      throw wrong(`the file has ${zip.entryCount} entries; at most ${MOST_ENTRIES} are allowed`);
    let left = LARGEST_UNPACKED;
    let manifest: string | undefined;
    for await (const entry of zip.eachEntry()) {
      left -= entry.uncompressedSize;
      if (left < 0)
        throw wrong(`the unpacked file is too large; at most ${LARGEST_UNPACKED / 1024 / 1024} MiB are allowed`);
      if (entry.fileName.endsWith("/")) continue;
      const kept = entry.fileName === MANIFEST ? LARGEST_MANIFEST : 0;
      const content = await readEntry(entry, await zip.openReadStreamPromise(entry), kept);
      if (entry.fileName === MANIFEST) manifest = content;
    }
    return manifest;
  } finally {
    zip.close();
  }
}

/** Returns the first `kept` bytes of an entry as text. Throws when its checksum does not match. */
async function readEntry(entry: yauzl.Entry, stream: Readable, kept: number): Promise<string> {
  const chunks: Buffer[] = [];
  let sum = 0;
  let room = kept;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    sum = crc32(chunk, sum);
    if (room > 0) chunks.push(chunk.subarray(0, room));
    room -= chunk.length;
  }
  if (sum !== entry.crc32) throw new Error(`${entry.fileName} is damaged`);
  return Buffer.concat(chunks).toString("utf8");
}
