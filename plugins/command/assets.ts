/** Files that a local command leaves behind, as outputs of the resource: `assetPaths` and `archivePaths`. */
import { readdir } from "node:fs/promises";
import * as path from "node:path";
import { Archive, Asset, Properties, Value } from "../lib";

/**
 * Finds the outputs. `assets`: path -> asset; `archive`: one archive. Paths are relative to `dir`; later patterns with
 * `!` exclude files.
 */
export async function findAssets(inputs: Properties): Promise<Properties> {
  const dir = typeof inputs["dir"] === "string" ? inputs["dir"] : process.cwd();
  const found: { assets?: Value; archive?: Value } = {};
  if (Array.isArray(inputs["assetPaths"])) found.assets = await assets(dir, inputs["assetPaths"] as readonly string[]);
  if (Array.isArray(inputs["archivePaths"])) {
    found.archive = new Archive({ assets: await assets(dir, inputs["archivePaths"] as readonly string[]) });
  }
  return found;
}

async function assets(dir: string, patterns: readonly string[]): Promise<Readonly<Record<string, Value>>> {
  const files = (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)));
  const chosen = new Set<string>();
  for (const pattern of patterns) {
    const negative = pattern.startsWith("!");
    const expression = globExpression(negative ? pattern.slice(1) : pattern);
    for (const file of files.filter((name) => expression.test(name))) {
      if (negative) chosen.delete(file);
      else chosen.add(file);
    }
  }
  return Object.fromEntries([...chosen].sort().map((file) => [file, new Asset({ path: path.resolve(dir, file) })]));
}

/** Returns the expression of a glob: `*` and `?` stay within a folder, `**` matches any number of folders. */
export function globExpression(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : `\\${part}`;
  });
  return new RegExp(`^${source}$`, "s");
}
