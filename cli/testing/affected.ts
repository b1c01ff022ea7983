/** Finds the tests that a change touches, by the imports of the sources. Pure. */

/** Imports of each source, by path from the project's folder; `@inaetics/x` stands for `packages/x/index.ts`. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** Paths that a source imports, resolved among `sources`. */
export function importsOf(file: string, text: string, sources: ReadonlySet<string>): readonly string[] {
  const named = [...text.matchAll(/(?:from|import\(|require\()\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
  return named.flatMap((name) => {
    const base = name.startsWith("@inaetics/") ? `packages/${name.slice("@inaetics/".length)}` : relative(file, name);
    if (base === undefined) return [];
    const stem = base.replace(/\.js$/, "");
    return [`${stem}.ts`, `${stem}/index.ts`].filter((candidate) => sources.has(candidate));
  });
}

/** Test files that are changed themselves, or that import something changed, directly or by others; sorted. */
export function affectedTests(imports: Imports, changed: ReadonlySet<string>): readonly string[] {
  const importers = new Map<string, string[]>();
  for (const [file, targets] of imports) {
    for (const target of targets) importers.set(target, [...(importers.get(target) ?? []), file]);
  }
  const reached = new Set<string>();
  const waiting = [...changed];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    waiting.push(...(importers.get(file) ?? []));
  }
  return [...reached].filter((file) => /^tests\/.*\.test\.ts$/.test(file) && imports.has(file)).sort();
}

/** A relative import's path from the project's folder; undefined for a package of others. */
function relative(file: string, name: string): string | undefined {
  if (!name.startsWith(".")) return undefined;
  const parts = file.split("/").slice(0, -1);
  for (const part of name.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
