/** What an update would change, and whether that needs another object. */
import { Change, Diff, differences, DiffRequest, isObject, Properties, unknown, Value } from "../lib";
import { annotations } from "./annotations";
import { immutableFields, Mutability, touches } from "./immutable";
import { annotation, at, KubeObject, nameOf, namespaceOf, text, withValue } from "./objects";

/**
 * Compares the inputs with those of the last update (which a refresh has replaced by what it found), so that what the
 * cluster fills in is no change. Fields that cannot be changed make it a replacement; an object whose name is fixed is
 * then deleted first.
 */
export function diffObjects(
  request: Pick<DiffRequest, "oldInputs" | "inputs" | "ignoreChanges">,
  mutability: Mutability,
): Diff {
  const before = withNamespace(request.oldInputs);
  const after = withNamespace(request.inputs);
  const fields = immutableFields(after, mutability);
  const changes = new Map<string, Change>();
  for (const [path, change] of differences(before, after)) {
    if (request.ignoreChanges.some((ignored) => covers(ignored, path))) continue;
    const changed = change.kind === "delete" ? valueAt(before, path) : valueAt(after, path);
    const replace = touches(path, fields, (below) => hasBelow(changed, below)) || movesGroup(path, before, after);
    changes.set(path, replace ? { ...change, replace } : change);
  }
  const replaces = [...changes.values()].some((change) => change.replace);
  return { changes, deleteBeforeReplace: replaces && keepsItsName(before, after) };
}

/** An absent namespace is "default"; of kinds outside of namespaces both sides are the same. */
function withNamespace(inputs: KubeObject): KubeObject {
  if (!isObject(inputs["metadata"]) || at(inputs, "metadata", "namespace") === unknown) return inputs;
  return withValue(inputs, ["metadata", "namespace"], namespaceOf(inputs) || "default");
}

function movesGroup(path: string, before: KubeObject, after: KubeObject): boolean {
  const group = (object: KubeObject) => text(object, "apiVersion").replace(/[^/]*$/, "");
  return path === "apiVersion" && group(before) !== group(after);
}

function keepsItsName(before: KubeObject, after: KubeObject): boolean {
  if (annotation(after, annotations.autonamed) === "true") return false;
  return nameOf(before) === nameOf(after) && namespaceOf(before) === namespaceOf(after);
}

/** `spec` covers `spec.replicas`; `*` is any one element. */
function covers(ignored: string, path: string): boolean {
  const [whole, part] = [segments(ignored), segments(path)];
  return whole.length <= part.length && whole.every((segment, index) => segment === "*" || segment === part[index]);
}

/** The keys and indices of a property path. */
export function segments(path: string): readonly string[] {
  const parts = path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([^.[\]]+)/g);
  return [...parts].map(([, quoted, index, name]) => quoted?.replace(/\\(.)/g, "$1") ?? index ?? name ?? "");
}

function valueAt(object: Properties, path: string): Value | undefined {
  return segments(path).reduce<Value | undefined>((value, segment) => {
    if (Array.isArray(value)) return (value as readonly Value[])[Number(segment)];
    return isObject(value) ? value[segment] : undefined;
  }, object);
}

/** Whether there is something at a path whose list indices are left out. */
function hasBelow(value: Value | undefined, below: string): boolean {
  const [first, ...rest] = below.split(".");
  if (first === undefined || first === "") return value !== undefined && value !== null;
  if (value === unknown) return true;
  if (Array.isArray(value)) return value.some((item: Value) => hasBelow(item, below));
  return isObject(value) && hasBelow(value[first], rest.join("."));
}
