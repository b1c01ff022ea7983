/** Associations of artifacts, features, distributions, groups and targets. */
import { compareBundleVersions } from "@inaetics/model";
import type { Artifact, Distribution, Feature, Group, Platform, Target } from "./shapes";

export interface Model {
  readonly artifacts: readonly Artifact[];
  readonly features: readonly Feature[];
  readonly distributions: readonly Distribution[];
  readonly groups: readonly Group[];
  readonly targets: readonly Target[];
}

export const kinds = ["artifact", "feature", "distribution", "group", "target"] as const;
export type Kind = (typeof kinds)[number];

/** Item of the model, by its kind and name. All versions of an artifact are one item. */
export interface Item {
  readonly kind: Kind;
  readonly name: string;
}

/** The item as text: `feature/felix-common`. */
export function keyOf(item: Item): string {
  return `${item.kind}/${item.name}`;
}

/** Parses a text of `keyOf`; undefined when it is no item. */
export function itemOf(key: string): Item | undefined {
  const kind = kinds.find((each) => key.startsWith(`${each}/`));
  return kind === undefined || key.length === kind.length + 1 ? undefined : { kind, name: key.slice(kind.length + 1) };
}

export function isSame(one: Item | undefined, other: Item | undefined): boolean {
  return one !== undefined && other !== undefined && one.kind === other.kind && one.name === other.name;
}

/** Every direct association, the left one first. */
export function links(model: Model): readonly (readonly [left: string, right: string])[] {
  return [
    ...model.features.flatMap((each) => each.artifacts.map(({ name }) => pair("artifact", name, "feature", each.name))),
    ...model.distributions.flatMap((each) =>
      each.features.map((name) => pair("feature", name, "distribution", each.name)),
    ),
    ...model.groups.flatMap((each) => each.distributions.map((name) => pair("distribution", name, "group", each.name))),
    ...model.targets.flatMap((each) => [
      ...each.distributions.map((name) => pair("distribution", name, "target", each.id)),
      pair("group", each.group, "target", each.id),
    ]),
  ];
}

function pair(left: Kind, leftName: string, right: Kind, rightName: string): readonly [string, string] {
  return [`${left}/${leftName}`, `${right}/${rightName}`];
}

/** Direct associations of each item, to its left and to its right. */
interface Neighbours {
  readonly left: ReadonlyMap<string, ReadonlySet<string>>;
  readonly right: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Cache by model. A model never changes, so that each drawing can reuse the answer. */
const known = new WeakMap<Model, Neighbours>();

function neighbours(model: Model): Neighbours {
  const before = known.get(model);
  if (before !== undefined) return before;
  const [left, right] = [new Map<string, Set<string>>(), new Map<string, Set<string>>()];
  const add = (map: Map<string, Set<string>>, key: string, other: string): void => {
    const others = map.get(key);
    if (others === undefined) map.set(key, new Set([other]));
    else others.add(other);
  };
  for (const [one, other] of links(model)) {
    add(right, one, other);
    add(left, other, one);
  }
  known.set(model, { left, right });
  return { left, right };
}

/**
 * Everything associated with an item: its parts to the left, and its destinations to the right. Items beside it, such
 * as other features of the same distribution, are not included.
 */
export function closure(model: Model, item: Item): ReadonlySet<string> {
  const found = new Set<string>();
  const follow = (key: string, to: ReadonlyMap<string, ReadonlySet<string>>): void => {
    for (const next of to.get(key) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      follow(next, to);
    }
  };
  const { left, right } = neighbours(model);
  follow(keyOf(item), left);
  follow(keyOf(item), right);
  return found;
}

/**
 * Returns the two in the order in which the first is assigned to the second. Undefined when their kinds do not match.
 */
export function assignable(one: Item, other: Item): readonly [what: Item, to: Item] | undefined {
  const follows = (left: Item, right: Item): boolean =>
    (left.kind === "artifact" && right.kind === "feature") ||
    (left.kind === "feature" && right.kind === "distribution") ||
    (left.kind === "distribution" && (right.kind === "group" || right.kind === "target"));
  if (follows(one, other)) return [one, other];
  return follows(other, one) ? [other, one] : undefined;
}

/** True when one is directly assigned to the other, in either order. */
export function isAssigned(model: Model, one: Item, other: Item): boolean {
  const { left, right } = neighbours(model);
  const [key, otherKey] = [keyOf(one), keyOf(other)];
  return left.get(key)?.has(otherKey) === true || right.get(key)?.has(otherKey) === true;
}

/** Platform of an item; undefined while none of its parts has one. */
export function platformOf(model: Model, { kind, name }: Item): Platform | undefined {
  const named = (list: readonly { readonly name: string; readonly platform?: Platform | null }[]) =>
    list.find((each) => each.name === name)?.platform ?? undefined;
  if (kind === "artifact") return named(model.artifacts);
  if (kind === "feature") return named(model.features);
  if (kind === "distribution") return named(model.distributions);
  if (kind === "group") return named(model.groups);
  return model.targets.find((each) => each.id === name)?.platform;
}

/** True when the two may meet in one agent, as far as known. An agent runs bundles of its own kind only. */
export function compatible(model: Model, one: Item, other: Item): boolean {
  const [a, b] = [platformOf(model, one), platformOf(model, other)];
  return a === undefined || b === undefined || a === b;
}

/** All items of one kind, sorted by name. */
export function itemsOf(model: Model, kind: Kind): readonly Item[] {
  const names: Readonly<Record<Kind, readonly string[]>> = {
    artifact: [...new Set(model.artifacts.map((each) => each.name))],
    feature: model.features.map((each) => each.name),
    distribution: model.distributions.map((each) => each.name),
    group: groupNames(model),
    target: model.targets.map((each) => each.id),
  };
  return [...names[kind]].sort().map((name) => ({ kind, name }));
}

/** Names of the groups, including those known only from a target. */
function groupNames(model: Model): readonly string[] {
  return [...new Set([...model.groups.map((each) => each.name), ...model.targets.map((each) => each.group)])];
}

export function exists(model: Model, item: Item): boolean {
  return itemsOf(model, item.kind).some((each) => each.name === item.name);
}

/** The versions of an artifact, the newest first. */
export function versionsOf(model: Model, artifact: string): readonly Artifact[] {
  return model.artifacts
    .filter((each) => each.name === artifact)
    .sort((one, other) => compareBundleVersions(other.version, one.version));
}

/** Filter of the lists: names that contain each word, one platform, and one state of targets. */
export interface Filter {
  readonly words: string;
  readonly platform: Platform | undefined;
  readonly state: Target["state"] | "unapproved" | undefined;
}
export const everything: Filter = { words: "", platform: undefined, state: undefined };

export function matches(model: Model, filter: Filter, item: Item): boolean {
  const name = item.name.toLowerCase();
  if (
    !filter.words
      .toLowerCase()
      .split(/\s+/)
      .every((word) => name.includes(word))
  )
    return false;
  const platform = platformOf(model, item);
  if (filter.platform !== undefined && platform !== undefined && platform !== filter.platform) return false;
  if (item.kind !== "target" || filter.state === undefined) return true;
  const target = model.targets.find((each) => each.id === item.name);
  return filter.state === "unapproved"
    ? target?.approved === false && target.state !== "gone"
    : target?.state === filter.state;
}

/** Number of targets in each state. */
export function summary(targets: readonly Target[]): Readonly<Record<Target["state"] | "unapproved", number>> {
  const counts = { waiting: 0, updating: 0, current: 0, failed: 0, gone: 0, unapproved: 0 };
  for (const each of targets) {
    counts[each.state]++;
    if (!each.approved && each.state !== "gone") counts.unapproved++;
  }
  return counts;
}
