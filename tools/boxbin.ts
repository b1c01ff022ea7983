import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { Tool } from "./lock";
import { replaceLink, toolFolder } from "./store";

/**
 * Makes `<cache>/box-bin`, the folder that boxes mount read-only: every program that runs in boxes as a real file, or as
 * a link to a file beside it. It is a link to a folder per set of versions, so a change is one step and boxes that run
 * keep the folder they mounted.
 */
export function linkBoxPrograms(cache: string, tools: readonly Tool[]): string {
  const inBoxes = tools.filter((tool) => tool.box);
  const folder = path.join(cache, "tools", `box-${keyOf(cache, inBoxes)}`);
  if (!isComplete(folder, cache, inBoxes)) {
    const partial = fs.mkdtempSync(path.join(cache, "tools", ".partial-box-"));
    for (const tool of inBoxes) copyPrograms(toolFolder(cache, tool), tool, partial);
    fs.chmodSync(partial, 0o755);
    // Boxes that run may have the damaged folder mounted: its files are replaced, the folder itself stays.
    fs.mkdirSync(folder, { recursive: true });
    for (const entry of fs.readdirSync(partial)) fs.renameSync(path.join(partial, entry), path.join(folder, entry));
    fs.rmdirSync(partial);
  }
  const link = path.join(cache, "box-bin");
  replaceLink(link, path.relative(cache, folder));
  return link;
}

function keyOf(cache: string, tools: readonly Tool[]): string {
  const hash = createHash("sha256");
  for (const tool of tools) {
    for (const program of tool.programs) {
      hash.update(fs.readFileSync(path.join(toolFolder(cache, tool), `${program}.sha256`)));
    }
  }
  return hash.digest("hex").slice(0, 12);
}

/** Real files of the cache are hard-linked, which costs no space; a file that differs from the cache's is not ours. */
function isComplete(folder: string, cache: string, tools: readonly Tool[]): boolean {
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

/** Names of the files that the programs of a multi-call tool are links to. */
function realNames(folder: string, tool: Tool): string[] {
  return tool.programs
    .map((program) => path.join(folder, program))
    .filter((file) => fs.lstatSync(file).isSymbolicLink())
    .map((file) => fs.readlinkSync(file));
}
