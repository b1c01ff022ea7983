import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { replaceLink, writeAtomically } from "@inaetics/workstation";
import { Tool } from "./lock";

/** Returns the folder of a tool in the cache: `<cache>/tools/<name>-<version>`. */
export function toolFolder(cache: string, tool: Tool): string {
  return path.join(cache, "tools", `${tool.name}-${tool.version}`);
}

/** Returns the SHA-256 of a file, in hexadecimal; reads in pieces, because programs have more than 100 MB. */
export async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of fs.createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest("hex");
}

export type EntryState = "absent" | "good" | "corrupt";

/**
 * Checks that a tool is in the cache, unchanged since it was put there. Size and time of modification suffice when they
 * match the last verification. Otherwise, and with `thorough`, every byte is read.
 */
export async function verify(cache: string, tool: Tool, thorough = false): Promise<EntryState> {
  const folder = toolFolder(cache, tool);
  if (!fs.existsSync(folder)) return "absent";
  for (const program of tool.programs) {
    const file = path.join(folder, program);
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    const expected = readText(path.join(folder, `${program}.sha256`))?.slice(0, 64);
    if (stat === undefined || expected?.length !== 64 || (stat.mode & 0o111) === 0) return "corrupt";
    const stamp = `${expected} ${stat.size} ${stat.mtimeMs}\n`;
    const stampFile = path.join(folder, `.${program}.verified`);
    if (!thorough && readText(stampFile) === stamp) continue;
    if ((await sha256(file)) !== expected) return "corrupt";
    writeAtomically(stampFile, stamp);
  }
  return "good";
}

/**
 * Moves programs to their place in the cache. `staged` is a folder with them on the same file system, as files or links
 * to files beside them. Writes a checksum file beside each. The folder appears complete or not at all.
 */
export async function install(cache: string, tool: Tool, staged: string): Promise<void> {
  for (const program of tool.programs) {
    const file = path.join(staged, program);
    if (!fs.lstatSync(file).isSymbolicLink()) fs.chmodSync(file, 0o755);
    const sum = await sha256(file);
    const { size, mtimeMs } = fs.statSync(file);
    fs.writeFileSync(path.join(staged, `${program}.sha256`), `${sum}  ${program}\n`);
    fs.writeFileSync(path.join(staged, `.${program}.verified`), `${sum} ${size} ${mtimeMs}\n`);
  }
  const folder = toolFolder(cache, tool);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.renameSync(staged, folder);
}

/** Makes an empty folder beside the tools' folders, so that renaming it into place stays within one file system. */
export function stagingFolder(cache: string, tool: Tool): string {
  const tools = path.join(cache, "tools");
  fs.mkdirSync(tools, { recursive: true });
  // Deletes the remains of a killed set-up, because the folder of a tool must always be complete.
  for (const entry of fs.readdirSync(tools)) {
    if (entry.startsWith(`.partial-${tool.name}-`))
      fs.rmSync(path.join(tools, entry), { recursive: true, force: true });
  }
  return fs.mkdtempSync(path.join(tools, `.partial-${tool.name}-`));
}

/** Makes `<cache>/bin/<program>` for programs of the workstation. `target` may be a program elsewhere on PATH. */
export function linkProgram(cache: string, program: string, target: string): void {
  const bin = path.join(cache, "bin");
  fs.mkdirSync(bin, { recursive: true });
  const inside = path.relative(cache, target).startsWith("..") ? target : path.relative(bin, target);
  replaceLink(path.join(bin, program), inside);
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
