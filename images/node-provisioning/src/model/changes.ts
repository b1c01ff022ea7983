/** Changes that people can make to the model. Each returns the new model or throws a Problem. Pure. */
import type { Artifact, ArtifactChoice, Distribution, Feature, Group } from "@inaetics/model";
import { conflict, listed, missing, wrong } from "@inaetics/service";
import { chosen, entry, featuresWith, versionsOf } from "./catalog";
import { checkModel } from "./rules";
import type { Model, Target } from "./stored";

/** Targets by id, as far as changes depend on them. */
export type Targets = ReadonlyMap<string, Pick<Target, "group" | "platform" | "distributions">>;

function checked(model: Model): Model {
  checkModel(model);
  return model;
}

/** Returns the named entry or throws 404. */
function need<T>(kind: string, record: Readonly<Record<string, T>>, name: string): T {
  const found = entry(record, name);
  if (found !== undefined) return found;
  throw missing(`there is no ${kind} "${name}"; there are: ${listed(Object.keys(record).sort())}`);
}

export function needFeature(model: Model, name: string): Feature {
  return need("feature", model.features, name);
}

export function needDistribution(model: Model, name: string): Distribution {
  return need("distribution", model.distributions, name);
}

export function needGroup(model: Model, name: string): Group {
  return need("group", model.groups, name);
}

export function needArtifact(model: Model, name: string, version: string): Artifact {
  const found = chosen(model, { name, version });
  if (found !== undefined) return found;
  const versions = versionsOf(model, name).map((each) => each.version);
  if (versions.length > 0)
    throw missing(`artifact "${name}" has no version ${version}; there are: ${listed(versions)}`);
  const names = [...new Set(model.artifacts.map((each) => each.name))].sort();
  throw missing(`there is no artifact "${name}"; there are: ${listed(names)}`);
}

/** Adds a version. The same bytes again change nothing. */
export function addArtifact(model: Model, artifact: Artifact): Model {
  const versions = versionsOf(model, artifact.name);
  const other = versions[0];
  if (other !== undefined && other.platform !== artifact.platform) {
    throw conflict(
      `artifact "${artifact.name}" is for ${other.platform}, this file is for ${artifact.platform}; give it another Bundle-SymbolicName`,
    );
  }
  const same = versions.find((each) => each.version === artifact.version);
  if (same === undefined) return checked({ ...model, artifacts: [...model.artifacts, artifact] });
  if (same.sha256 === artifact.sha256) return model;
  if (same.origin !== "shipped" || artifact.origin !== "shipped") {
    throw conflict(
      `artifact "${artifact.name}" has a version ${artifact.version} with other bytes; raise Bundle-Version and upload it again`,
    );
  }
  const others = model.artifacts.filter((each) => each !== same);
  return checked({ ...model, artifacts: [...others, artifact] });
}

export function removeArtifact(model: Model, name: string, version: string): Model {
  const artifact = needArtifact(model, name, version);
  const pinning = featuresWith(model, name, (choice) => choice.version === version);
  if (pinning.length > 0) {
    throw conflict(`artifact "${name}" ${version} is kept by ${listed(pinning)}; choose another version there first`);
  }
  const users = featuresWith(model, name);
  if (users.length > 0 && versionsOf(model, name).length === 1) {
    throw conflict(
      `${version} is the last version of artifact "${name}", which ${listed(users)} need; remove it there first`,
    );
  }
  return checked({ ...model, artifacts: model.artifacts.filter((each) => each !== artifact) });
}

export function putFeature(model: Model, name: string, feature: Feature): Model {
  return checked({ ...model, features: { ...model.features, [name]: { artifacts: [...feature.artifacts] } } });
}

export function removeFeature(model: Model, name: string): Model {
  needFeature(model, name);
  const users = Object.keys(model.distributions).filter((each) => model.distributions[each]?.features.includes(name));
  if (users.length > 0) throw conflict(`feature "${name}" is used by ${listed(users)}; remove it there first`);
  return { ...model, features: without(model.features, name) };
}

/** Adds the artifact to the feature, or changes which version it takes. */
export function putChoice(model: Model, name: string, choice: ArtifactChoice): Model {
  const { artifacts } = needFeature(model, name);
  const known = artifacts.some((each) => each.name === choice.name);
  const changed = known ? artifacts.map((each) => (each.name === choice.name ? choice : each)) : [...artifacts, choice];
  return putFeature(model, name, { artifacts: changed });
}

export function removeChoice(model: Model, name: string, artifact: string): Model {
  const { artifacts } = needFeature(model, name);
  const kept = artifacts.filter((each) => each.name !== artifact);
  if (kept.length === artifacts.length)
    throw notIn(
      `feature "${name}"`,
      "artifact",
      artifact,
      artifacts.map((each) => each.name),
    );
  return putFeature(model, name, { artifacts: kept });
}

export function putDistribution(model: Model, name: string, { features }: Distribution): Model {
  return checked({ ...model, distributions: { ...model.distributions, [name]: { features: [...features] } } });
}

export function removeDistribution(model: Model, name: string, targets: Targets): Model {
  needDistribution(model, name);
  const groups = Object.keys(model.groups).filter((each) => model.groups[each]?.distributions.includes(name));
  const own = [...targets].filter(([, { distributions }]) => distributions.includes(name)).map(([id]) => id);
  const users = [...groups, ...own];
  if (users.length > 0) throw conflict(`distribution "${name}" is used by ${listed(users)}; remove it there first`);
  return { ...model, distributions: without(model.distributions, name) };
}

export function linkFeature(model: Model, name: string, feature: string): Model {
  const { features } = needDistribution(model, name);
  needFeature(model, feature);
  return putDistribution(model, name, { features: added(features, feature) });
}

export function unlinkFeature(model: Model, name: string, feature: string): Model {
  const { features } = needDistribution(model, name);
  return putDistribution(model, name, { features: removed(`distribution "${name}"`, "feature", features, feature) });
}

/** Creates or changes a group; what is absent stays as it is. */
export function putGroup(model: Model, name: string, change: Partial<Group>, targets: Targets): Model {
  const before = entry(model.groups, name);
  const platform = change.platform ?? before?.platform;
  if (platform === undefined)
    throw wrong(`platform: not given; allowed for the new group "${name}" are osgi and celix`);
  const others = [...targets].filter(([, target]) => target.group === name && target.platform !== platform);
  if (others.length > 0) {
    throw conflict(
      `group "${name}" has targets for ${others[0]?.[1].platform ?? ""}: ${listed(others.map(([id]) => id))}`,
    );
  }
  const group = { autoApprove: false, distributions: [], ...before, ...change, platform };
  return checked({ ...model, groups: { ...model.groups, [name]: group } });
}

/** @param present ids of the group's targets that are not gone */
export function removeGroup(model: Model, name: string, present: readonly string[]): Model {
  needGroup(model, name);
  if (present.length > 0) throw conflict(`group "${name}" has targets: ${listed(present)}; stop their pods first`);
  return { ...model, groups: without(model.groups, name) };
}

export function linkDistribution(model: Model, name: string, distribution: string): Model {
  const group = needGroup(model, name);
  needDistribution(model, distribution);
  const distributions = added(group.distributions, distribution);
  return checked({ ...model, groups: { ...model.groups, [name]: { ...group, distributions } } });
}

export function unlinkDistribution(model: Model, name: string, distribution: string): Model {
  const group = needGroup(model, name);
  const distributions = removed(`group "${name}"`, "distribution", group.distributions, distribution);
  return { ...model, groups: { ...model.groups, [name]: { ...group, distributions } } };
}

export function added(names: readonly string[], name: string): string[] {
  return names.includes(name) ? [...names] : [...names, name];
}

/** Returns the names without one of them; throws 404 when it is not among them. */
export function removed(owner: string, kind: string, names: readonly string[], name: string): string[] {
  if (!names.includes(name)) throw notIn(owner, kind, name, names);
  return names.filter((each) => each !== name);
}

function notIn(owner: string, kind: string, name: string, names: readonly string[]): Error {
  return missing(`${owner} has no ${kind} "${name}"; it has: ${listed(names)}`);
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([each]) => each !== name));
}
