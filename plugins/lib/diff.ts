/** Structural comparison of property values, by property path. */
import { isDeepStrictEqual } from "node:util";
import { Change } from "./provider";
import { Archive, Asset, containsUnknown, isObject, Properties, unknown, Value } from "./values";

/**
 * Returns every path at which the two differ. An unknown value differs from everything.
 * @param replaceKeys top-level keys whose changes are marked as replacing
 */
export function differences(
  before: Properties,
  after: Properties,
  replaceKeys: ReadonlySet<string> = new Set(),
): Map<string, Change> {
  const changes = new Map<string, Change>();
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const found = new Map<string, Change>();
    compare(joinPath("", key), before[key], after[key], found);
    for (const [path, change] of found) changes.set(path, replaceKeys.has(key) ? { ...change, replace: true } : change);
  }
  return changes;
}

function compare(path: string, before: Value | undefined, after: Value | undefined, into: Map<string, Change>): void {
  const wasThere = before !== undefined && before !== null;
  const isThere = after !== undefined && after !== null;
  if (!wasThere && !isThere) return;
  if (!wasThere || !isThere) into.set(path, { kind: isThere ? "add" : "delete" });
  else if (isObject(before) && isObject(after)) compareObjects(path, before, after, into);
  else if (Array.isArray(before) && Array.isArray(after)) compareArrays(path, before, after, into);
  else if (!sameValue(before, after)) into.set(path, { kind: "update" });
}

function compareObjects(path: string, before: Properties, after: Properties, into: Map<string, Change>): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    compare(joinPath(path, key), before[key], after[key], into);
  }
}

function compareArrays(path: string, before: readonly Value[], after: readonly Value[], into: Map<string, Change>) {
  for (let index = 0; index < Math.max(before.length, after.length); index++) {
    compare(`${path}[${index}]`, before[index], after[index], into);
  }
}

/** Compares two values; assets and archives by their hash, which the engine computes before it sends them. */
function sameValue(before: Value, after: Value): boolean {
  if (before === unknown || after === unknown) return false;
  if (before instanceof Asset || before instanceof Archive) {
    if (!(after instanceof Asset || after instanceof Archive)) return false;
    if (before.source.hash !== undefined && after.source.hash !== undefined) {
      return before.source.hash === after.source.hash;
    }
  }
  return !containsUnknown(after) && isDeepStrictEqual(before, after);
}

/** Joins a path and a key: `a`, "b" -> `a.b`. A key with dots or brackets is quoted: `a["b.c"]`. */
function joinPath(path: string, key: string): string {
  if (/[.[\]"]/.test(key) || key === "") return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}
