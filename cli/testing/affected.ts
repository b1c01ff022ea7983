/** Finds the tests that a change touches, by the imports of the sources. Pure. */
import { posix } from "node:path";

/** Imports of each source, by path from the project's folder; `@inaetics/x` stands for `packages/x/index.ts`. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** Paths that a source imports, resolved among `sources`. */
export function importsOf(file: string, text: string, sources: ReadonlySet<string>): readonly string[] {
  const named = [...text.matchAll(/(?:from|import\(|require\()\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
  return named.flatMap((name) => {
    // Packages of others have no source here.
    const place = name.startsWith(".")
      ? posix.join(posix.dirname(file), name)
      : name.replace(/^@inaetics\//, "packages/");
    const stem = place.replace(/\.js$/, "");
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
