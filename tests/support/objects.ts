/** Reads answers of the API server; the tests know their form, no type describes it. */

/** An object of the API. */
export type KubeObject = Readonly<Record<string, unknown>>;

/** Value at a path of keys; undefined when any of them is absent. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

/** The text at a path; empty when no text exists there. */
export function text(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

/** The objects in the list at a path; empty when no list exists there. */
export function list(value: unknown, ...path: readonly string[]): readonly KubeObject[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter(isObject) : [];
}

export function nameOf(object: KubeObject): string {
  return text(object, "metadata", "name");
}

export function namespaceOf(object: KubeObject): string {
  return text(object, "metadata", "namespace");
}

/** An object to read or to make. */
export function object(apiVersion: string, kind: string, name: string, namespace = ""): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === "" ? {} : { namespace }) } };
}

function isObject(value: unknown): value is KubeObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
