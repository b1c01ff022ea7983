/** Derives the artifacts and platforms of features, distributions and targets from the model. Pure. */
import { compareBundleVersions } from "@inaetics/model";
import type { Artifact, ArtifactChoice, Platform } from "@inaetics/model";
import type { Model, Target } from "./stored";

/** Returns a record's own entry only, because a feature may be called "constructor". */
export function entry<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** All versions of an artifact, newest first. */
export function versionsOf(model: Model, name: string): readonly Artifact[] {
  return model.artifacts
    .filter((each) => each.name === name)
    .sort((a, b) => compareBundleVersions(b.version, a.version));
}

/** Version that a choice selects now: the newest, unless it is pinned to one. */
export function chosen(model: Model, { name, version }: ArtifactChoice): Artifact | undefined {
  const versions = versionsOf(model, name);
  return version === undefined ? versions[0] : versions.find((each) => each.version === version);
}

/** A feature's platform is that of its artifacts; undefined while it has none. */
export function featurePlatform(model: Model, feature: string): Platform | undefined {
  for (const choice of entry(model.features, feature)?.artifacts ?? []) {
    const platform = versionsOf(model, choice.name)[0]?.platform;
    if (platform !== undefined) return platform;
  }
  return undefined;
}

export function distributionPlatform(model: Model, distribution: string): Platform | undefined {
  for (const feature of entry(model.distributions, distribution)?.features ?? []) {
    const platform = featurePlatform(model, feature);
    if (platform !== undefined) return platform;
  }
  return undefined;
}

/** Features that give this version of the artifact to agents. */
export function usersOf(model: Model, artifact: Artifact): readonly string[] {
  return featuresWith(model, artifact.name, (choice) => chosen(model, choice)?.version === artifact.version);
}

/** Features that contain the artifact in any version. */
export function featuresWith(
  model: Model,
  name: string,
  filter: (choice: ArtifactChoice) => boolean = () => true,
): readonly string[] {
  return Object.entries(model.features)
    .filter(([, { artifacts }]) => artifacts.some((choice) => choice.name === name && filter(choice)))
    .map(([feature]) => feature)
    .sort();
}

/**
 * Artifacts of the distributions, each once, in the order in which they are named. Of several pinned versions of an
 * artifact, the newest is taken. Without a pinned version, the newest of all versions is taken.
 */
export function artifactsOf(model: Model, distributions: readonly string[]): readonly Artifact[] {
  const features = new Set(distributions.flatMap((each) => entry(model.distributions, each)?.features ?? []));
  const choices = [...features].flatMap((each) => entry(model.features, each)?.artifacts ?? []);
  const names = [...new Set(choices.map((each) => each.name))];
  return names.flatMap((name) => {
    const kept = choices.filter((each) => each.name === name && each.version !== undefined);
    const candidates = (kept.length > 0 ? kept : [{ name }]).flatMap((each) => chosen(model, each) ?? []);
    const best = candidates.sort((a, b) => compareBundleVersions(b.version, a.version))[0];
    return best === undefined ? [] : [best];
  });
}

/** Artifacts that an agent should run; none while it is not approved. */
export function wantedArtifacts(
  model: Model,
  target: Pick<Target, "group" | "approved" | "distributions" | "platform">,
): readonly Artifact[] {
  if (!target.approved) return [];
  const shared = entry(model.groups, target.group)?.distributions ?? [];
  const wanted = artifactsOf(model, [...shared, ...target.distributions]);
  // The rules exclude the other platform. This protects an agent should they ever fail.
  return wanted.filter((each) => each.platform === target.platform);
}
