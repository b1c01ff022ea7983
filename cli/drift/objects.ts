/** Comparison of Kubernetes objects with the recorded ones, by the fields that the program owns. Pure. */
import type { RecordedResource } from "@inaetics/stack";

/** Entry of an object's `managedFields`: the fields that one program sets. */
interface FieldsEntry {
  readonly manager?: string;
  readonly subresource?: string;
  readonly fieldsV1?: FieldTree;
}

interface FieldTree {
  readonly [key: string]: FieldTree;
}

interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly managedFields?: readonly FieldsEntry[];
}

/** An object that the program made, as the last update left it. */
export interface RecordedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly uid: string | undefined;
  /** Name under which the program owns fields. */
  readonly manager: string;
  /** Paths of the fields that the program owned: `data.policy`. */
  readonly fields: readonly string[];
}

/** An object as the API server returns it. */
export interface FoundObject {
  readonly metadata: Metadata;
}

/** A field that the program owned and another program changed; without an owner it was removed. */
export interface TakenField {
  readonly path: string;
  readonly owner: string | undefined;
}

/** Difference of an object. */
export interface ObjectDrift {
  readonly object: RecordedObject;
  readonly kind: "missing" | "replaced" | "changed";
  /** Only for a changed object. */
  readonly taken: readonly TakenField[];
}

/** Returns the Kubernetes objects among the recorded resources. */
export function recordedObjects(resources: readonly RecordedResource[]): readonly RecordedObject[] {
  return resources.flatMap((resource) => {
    if (!resource.type.startsWith("kubernetes:") || resource.delete === true) return [];
    const { apiVersion, kind, __fieldManager: manager, metadata } = resource.outputs ?? {};
    const { name, namespace, uid, managedFields } = (metadata ?? {}) as Metadata;
    if (typeof apiVersion !== "string" || typeof kind !== "string" || name === undefined) return [];
    const owner = typeof manager === "string" ? manager : "";
    return [{ apiVersion, kind, name, namespace, uid, manager: owner, fields: ownedFields(managedFields, owner) }];
  });
}

/** Returns the API server's path of an object. */
export function objectPath({ apiVersion, kind, namespace, name }: RecordedObject): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = namespace === undefined ? "" : `/namespaces/${namespace}`;
  return `${group}${scope}/${pluralOf(kind)}/${encodeURIComponent(name)}`;
}

function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (/[^aeiou]y$/.test(lower)) return `${lower.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh)$/.test(lower) ? `${lower}es` : `${lower}s`;
}

/** Compares an object with what was found; undefined when nothing of the program was changed. */
export function compareObject(object: RecordedObject, found: FoundObject | undefined): ObjectDrift | undefined {
  if (found === undefined) return { object, kind: "missing", taken: [] };
  const { uid, managedFields = [] } = found.metadata;
  if (object.uid !== undefined && uid !== object.uid) return { object, kind: "replaced", taken: [] };
  const kept = new Set(ownedFields(managedFields, object.manager));
  const lost = object.fields.filter((path) => !kept.has(path));
  if (lost.length === 0) return undefined;
  const others = [...new Set(managedFields.map(({ manager }) => manager ?? ""))].filter(
    (each) => each !== object.manager,
  );
  const owners = others.map((name) => ({ name, fields: new Set(ownedFields(managedFields, name)) }));
  const taken = lost.map((path) => ({ path, owner: owners.find(({ fields }) => fields.has(path))?.name }));
  return { object, kind: "changed", taken };
}

/** Returns the other programs that own fields of an object, without those of status and scale. */
export function otherOwners(object: RecordedObject, found: FoundObject): readonly string[] {
  return (found.metadata.managedFields ?? []).flatMap(({ manager = "", subresource }) =>
    subresource === undefined && manager !== object.manager ? [manager] : [],
  );
}

/** Returns the paths of all fields that a program owns, without those of status and scale. */
function ownedFields(entries: readonly FieldsEntry[] | undefined, manager: string): readonly string[] {
  return (entries ?? [])
    .filter((entry) => entry.manager === manager && entry.subresource === undefined)
    .flatMap(({ fieldsV1 }) => (fieldsV1 === undefined ? [] : leaves(fieldsV1, "")));
}

/** Lists the ends of a tree of fields: `f:NAME` is a field, `k:{...}` and `v:...` an element of a list, `.` itself. */
function leaves(tree: FieldTree, path: string): readonly string[] {
  const below = Object.entries(tree).filter(([key]) => key !== ".");
  if (below.length === 0) return [path];
  return below.flatMap(([key, value]) => {
    const name = key.slice(2);
    const next = key.startsWith("f:") ? (path === "" ? name : `${path}.${name}`) : `${path}[${elementName(name)}]`;
    return leaves(value, next);
  });
}

/** Returns `name=web` for `{"name":"web"}`. */
function elementName(key: string): string {
  try {
    const value = JSON.parse(key) as unknown;
    if (typeof value !== "object" || value === null) return String(value);
    return Object.entries(value)
      .map(([name, each]) => `${name}=${String(each)}`)
      .join(",");
  } catch {
    return key;
  }
}
