/** Words for differences, and the decision about fields that others changed. Pure. */
import type { ObjectDrift, RecordedObject, TakenField } from "./objects";

/** Programs that a person types. The program takes its fields back from them, and from no other owner. */
const typed = /^kubectl\b/;
/** Programs of Kubernetes itself, which set fields that the program leaves to them. */
const system = /^kube-(controller-manager|scheduler|apiserver)$/;

/** Returns `Service inaetics/inaetics-viewer-service`. */
export function nameOf({ kind, namespace, name }: RecordedObject): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** Describes a difference in a line for each field. */
export function describeDrift({ object, kind, taken }: ObjectDrift): readonly string[] {
  const name = nameOf(object);
  if (kind === "missing") return [`${name} is missing`];
  if (kind === "replaced") return [`${name} was deleted and made again by another program`];
  return taken.map(({ path, owner }) =>
    owner === undefined ? `${name}: ${path} was removed` : `${name}: ${path} was changed by ${owner}`,
  );
}

/** A field that belongs to a program which the update must not overrule. */
export interface Conflict extends TakenField {
  readonly object: RecordedObject;
  readonly owner: string;
}

/** Consequences of the differences for an update. */
export interface Verdict {
  /** True when the update must read the objects first. */
  readonly refresh: boolean;
  /** True when it takes fields back from their owners, all of which are kubectl. */
  readonly force: boolean;
  readonly conflicts: readonly Conflict[];
}

/**
 * Decides how an update repairs the differences.
 * @param owners other programs that own fields of the objects. A refresh records what kubectl changed, so that only
 *   the owner still shows it.
 */
export function judgeDrift(drifts: readonly ObjectDrift[], owners: readonly string[]): Verdict {
  const taken = drifts.flatMap(({ object, taken: fields }) =>
    fields.flatMap(({ path, owner }) => (owner === undefined ? [] : [{ object, path, owner }])),
  );
  const conflicts = taken.filter(({ owner }) => !typed.test(owner));
  const onlyTyped = owners.some((owner) => typed.test(owner)) && !owners.some((owner) => isForeign(owner));
  return { refresh: drifts.length > 0, force: conflicts.length === 0 && (taken.length > 0 || onlyTyped), conflicts };
}

function isForeign(owner: string): boolean {
  return !typed.test(owner) && !system.test(owner);
}
