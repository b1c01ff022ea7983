import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { Tool } from "./lock";
import { replaceLink } from "@inaetics/workstation";
import { toolFolder } from "./store";

/** File beside the programs of a set with their versions, one `<tool>=<version>` a line. */
export const versionsFile = "versions";

/**
 * Makes `<cache>/boxes/<set>` with all programs of boxes, as real files or links to files beside them. Makes
 * `<cache>/boxes/current`, a link to the newest set. Boxes mount `<cache>/boxes` read-only, and each runs the set that
 * its configuration names. So a running box gets another set and is not made again.
 */
export function linkBoxPrograms(cache: string, tools: readonly Tool[]): string {
  const inBoxes = tools.filter((tool) => tool.box.length > 0);
  const boxes = path.join(cache, "boxes");
  fs.mkdirSync(boxes, { recursive: true });
  const folder = path.join(boxes, keyOf(cache, inBoxes));
  if (!isComplete(folder, cache, inBoxes)) {
    const partial = fs.mkdtempSync(path.join(boxes, ".partial-"));
    const versions = inBoxes.map((tool) => `${tool.name}=${tool.version}\n`);
    fs.writeFileSync(path.join(partial, versionsFile), versions.join(""));
    for (const tool of inBoxes) copyPrograms(toolFolder(cache, tool), tool, partial);
    fs.chmodSync(partial, 0o755);
    // Running boxes may have the damaged folder mounted, so its files are replaced and the folder itself stays.
    fs.mkdirSync(folder, { recursive: true });
    for (const entry of fs.readdirSync(partial)) fs.renameSync(path.join(partial, entry), path.join(folder, entry));
    fs.rmdirSync(partial);
  }
  const link = path.join(boxes, "current");
  replaceLink(link, path.basename(folder));
  return link;
}

function keyOf(cache: string, tools: readonly Tool[]): string {
  const hash = createHash("sha256");
  for (const tool of tools) {
    hash.update(`${tool.name}=${tool.version}\n`);
    for (const program of tool.programs) {
      hash.update(fs.readFileSync(path.join(toolFolder(cache, tool), `${program}.sha256`)));
    }
  }
  return hash.digest("hex").slice(0, 12);
}

/**
 * True when the set has every program of the cache. Cached files are hard-linked, which costs no space; a file that
 * differs is not ours.
 */
function isComplete(folder: string, cache: string, tools: readonly Tool[]): boolean {
  if (!fs.existsSync(path.join(folder, versionsFile))) return false;
  return tools.every((tool) =>
    tool.programs.every((program) => {
      const ours = fs.statSync(path.join(folder, program), { throwIfNoEntry: false });
      const cached = fs.statSync(path.join(toolFolder(cache, tool), program));
      return ours?.size === cached.size && ours.mtimeMs === cached.mtimeMs;
    }),
  );
}

function copyPrograms(from: string, tool: Tool, to: string): void {
  for (const program of new Set([...tool.programs, ...realNames(from, tool)])) {
    const source = path.join(from, program);
    const target = path.join(to, program);
    if (fs.lstatSync(source).isSymbolicLink()) {
      fs.symlinkSync(fs.readlinkSync(source), target);
      continue;
    }
    try {
      fs.linkSync(source, target);
    } catch {
      fs.copyFileSync(source, target);
      const { atime, mtime } = fs.statSync(source);
      fs.utimesSync(target, atime, mtime);
    }
  }
}

/** Returns the names of the files that the programs of a multi-call tool are links to. */
function realNames(folder: string, tool: Tool): string[] {
  return tool.programs
    .map((program) => path.join(folder, program))
    .filter((file) => fs.lstatSync(file).isSymbolicLink())
    .map((file) => fs.readlinkSync(file));
}
