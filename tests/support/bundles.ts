/** Small bundles of either kind, as zips whose entries are stored. Proves nothing by itself. */
import { crc32 } from "node:zlib";

/**
 * A bundle with the given headers besides its name and version.
 * @param files further entries, by their names
 */
export function makeBundle(
  name: string,
  version: string,
  headers: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = { "payload.txt": "PAYLOAD" },
): Buffer {
  const all = { "Manifest-Version": "1.0", "Bundle-SymbolicName": name, "Bundle-Version": version, ...headers };
  const lines = Object.entries(all).map(([header, value]) => `${header}: ${value}\r\n`);
  return zipOf({ "META-INF/MANIFEST.MF": `${lines.join("")}\r\n`, ...files });
}

/** A zip of texts by their names. Written by hand: a test should not trust the library that it tests. */
export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(10, 0);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(10, 4);
    common.copy(central, 6);
    central.writeUInt32LE(offset, 42);
    const local = [Buffer.from("PK\x03\x04"), common, Buffer.from(name), content];
    parts.push(...local);
    directory.push(central, Buffer.from(name));
    offset += local.reduce((sum, each) => sum + each.length, 0);
  }
  const size = directory.reduce((sum, each) => sum + each.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}
