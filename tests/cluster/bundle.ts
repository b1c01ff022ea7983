/** New versions of bundles, made from existing ones as a developer's build would. Proves nothing by itself. */
import { buffer } from "node:stream/consumers";
import * as yauzl from "yauzl";
import { ZipFile } from "yazl";

const manifestFile = "META-INF/MANIFEST.MF";

/**
 * The same bundle with other headers in its manifest.
 * @param content a jar or zip
 * @param headers by name; an existing one is replaced
 */
export async function withHeaders(content: Buffer, headers: Readonly<Record<string, string>>): Promise<Buffer> {
  const source = await yauzl.fromBufferPromise(content, { lazyEntries: true });
  const result = new ZipFile();
  const others: (readonly [string, Buffer])[] = [];
  for await (const entry of source.eachEntry()) {
    if (entry.fileName.endsWith("/")) continue;
    const file = await buffer(await source.openReadStreamPromise(entry));
    if (entry.fileName === manifestFile) result.addBuffer(changed(file.toString(), headers), manifestFile);
    else others.push([entry.fileName, file]);
  }
  for (const [name, file] of others) result.addBuffer(file, name);
  result.end();
  return buffer(result.outputStream);
}

function changed(manifest: string, headers: Readonly<Record<string, string>>): Buffer {
  // Continuation lines are joined, so that each header is one line.
  const lines = manifest
    .replace(/\r?\n /g, "")
    .trimEnd()
    .split(/\r?\n/);
  const kept = lines.filter((line) => !Object.hasOwn(headers, line.split(":")[0] ?? ""));
  const added = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${[...kept, ...added].map(folded).join("\r\n")}\r\n\r\n`);
}

/** Folds a line: a manifest's line has at most 72 bytes with its end, and continues after a blank. */
function folded(line: string): string {
  return line.length <= 70 ? line : `${line.slice(0, 70)}\r\n ${folded(line.slice(70))}`;
}

/** The next version after one such as 1.0.0. */
export function nextVersion(version: string): string {
  const [major = "1", minor = "0", micro = "0"] = version.split(".");
  return `${major}.${minor}.${Number(micro) + 1}`;
}
