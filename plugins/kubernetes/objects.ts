/** Reading and copying Kubernetes objects, which are plain property values here: nothing is ever changed in place. */
import { isObject, Properties, Value } from "../lib";

/** An object of the API, or the inputs of one. */
export type KubeObject = Properties;

/** What lies at a path of keys; undefined where any of them is absent. */
export function at(value: Value | undefined, ...path: readonly string[]): Value | undefined {
  return path.reduce<Value | undefined>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

/** The text at a path; empty when there is none. */
export function text(value: Value | undefined, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

/** The number at a path; `otherwise` when there is none (the API leaves zeros of a status out). */
export function count(value: Value | undefined, path: readonly string[], otherwise = 0): number {
  const found = at(value, ...path);
  return typeof found === "number" ? found : otherwise;
}

/** The elements of the list at a path; empty when there is none. */
export function list(value: Value | undefined, ...path: readonly string[]): readonly Value[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as readonly Value[]) : [];
}

export function nameOf(object: KubeObject): string {
  return text(object, "metadata", "name");
}

export function namespaceOf(object: KubeObject): string {
  return text(object, "metadata", "namespace");
}

export function annotation(object: KubeObject, key: string): string {
  return text(object, "metadata", "annotations", key);
}

/** `namespace/name`, or `name` of what has no namespace: the id of a resource in Pulumi's state. */
export function idOf(object: KubeObject): string {
  const namespace = namespaceOf(object);
  return namespace === "" ? nameOf(object) : `${namespace}/${nameOf(object)}`;
}

/** @throws when the id is neither `name` nor `namespace/name` */
export function parseId(id: string): { namespace: string; name: string } {
  const [first = "", second, ...rest] = id.split("/");
  const name = second ?? first;
  if (name === "" || rest.length > 0) {
    throw new Error(`got the id "${id}"; allowed are "name" and "namespace/name" of a Kubernetes object`);
  }
  return { namespace: second === undefined ? "" : first, name };
}

/** How messages name an object, e.g. `Service default/web`. */
export function describe(object: KubeObject): string {
  return `${text(object, "kind")} ${idOf(object)}`;
}

/** A copy in which the path holds the value; missing parents are made. */
export function withValue(object: KubeObject, path: readonly string[], value: Value): KubeObject {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  const inner = object[key];
  const changed = rest.length === 0 ? value : withValue(isObject(inner) ? inner : {}, rest, value);
  return { ...object, [key]: changed };
}

/** A copy without what lies at the path. */
export function without(object: KubeObject, path: readonly string[]): KubeObject {
  const [key, ...rest] = path;
  if (key === undefined || !(key in object)) return object;
  if (rest.length === 0) {
    return Object.fromEntries(Object.entries(object).filter(([other]) => other !== key));
  }
  const inner = object[key];
  return isObject(inner) ? { ...object, [key]: without(inner, rest) } : object;
}

/** A value in a message. */
export function show(value: Value | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** The condition of a type in the object's status. */
export function condition(object: KubeObject, type: string): Value | undefined {
  return list(object, "status", "conditions").find((each) => text(each, "type") === type);
}
