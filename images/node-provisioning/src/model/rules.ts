/** Rules that a model must obey. Pure. */
import type { Artifact, Platform } from "@inaetics/model";
import { conflict, listed, missing, wrong } from "@inaetics/service";
import { artifactsOf, chosen, distributionPlatform, entry, featurePlatform, versionsOf } from "./catalog";
import type { Model, Target } from "./stored";

/** Largest deployment in bytes: a package is assembled in memory. */
export const LARGEST_DEPLOYMENT = 48 * 1024 * 1024;
/** Largest number of artifacts: the model is one broker value of at most 1 MB. */
export const MOST_ARTIFACTS = 1000;
const MOST_NAMES = 500;

const REASON = "an agent runs bundles of its own kind only";

/** Throws a Problem that says what is wrong with the model, if anything is. */
export function checkModel(model: Model): void {
  checkAmounts(model);
  for (const name of Object.keys(model.features)) checkFeature(model, name);
  for (const name of Object.keys(model.distributions)) checkDistribution(model, name);
  for (const [name, { platform, distributions }] of Object.entries(model.groups)) {
    checkDistributions(model, `group "${name}"`, platform, distributions);
  }
}

/** Throws a Problem when the target cannot have these distributions besides those of its group. */
export function checkTarget(
  model: Model,
  id: string,
  target: Pick<Target, "group" | "platform" | "distributions">,
): void {
  checkDistributions(model, `target "${id}"`, target.platform, target.distributions);
  const shared = entry(model.groups, target.group)?.distributions ?? [];
  checkSize(`target "${id}"`, artifactsOf(model, [...shared, ...target.distributions]));
}

function checkAmounts(model: Model): void {
  if (model.artifacts.length > MOST_ARTIFACTS) {
    throw conflict(
      `there are ${MOST_ARTIFACTS} artifacts, the largest number that is allowed; delete old versions first`,
    );
  }
  for (const kind of ["features", "distributions", "groups"] as const) {
    if (Object.keys(model[kind]).length > MOST_NAMES) {
      throw conflict(`there are ${MOST_NAMES} ${kind}, the largest number that is allowed; delete some first`);
    }
  }
}

function checkFeature(model: Model, feature: string): void {
  const choices = entry(model.features, feature)?.artifacts ?? [];
  const names = choices.map((each) => each.name);
  unique(`feature "${feature}"`, "artifact", names);
  const platform = featurePlatform(model, feature);
  for (const choice of choices) {
    const versions = versionsOf(model, choice.name);
    if (chosen(model, choice) === undefined) {
      if (versions.length > 0) {
        const allowed = listed(versions.map((each) => each.version));
        throw missing(`artifact "${choice.name}" has no version ${choice.version ?? ""}; there are: ${allowed}`);
      }
      const allowed = listed([...new Set(model.artifacts.map((each) => each.name))].sort());
      throw missing(
        `feature "${feature}": there is no artifact "${choice.name}"; there are: ${allowed}. Upload it first`,
      );
    }
    const other = versions[0]?.platform;
    if (platform !== undefined && other !== undefined && other !== platform) {
      throw conflict(
        `artifact "${choice.name}" is for ${other}, feature "${feature}" is for ${platform} (artifact "${names[0] ?? ""}"): ${REASON}`,
      );
    }
  }
}

function checkDistribution(model: Model, distribution: string): void {
  const features = entry(model.distributions, distribution)?.features ?? [];
  unique(`distribution "${distribution}"`, "feature", features);
  const platform = distributionPlatform(model, distribution);
  for (const feature of features) {
    if (entry(model.features, feature) === undefined) {
      const allowed = listed(Object.keys(model.features).sort());
      throw missing(`distribution "${distribution}": there is no feature "${feature}"; there are: ${allowed}`);
    }
    const other = featurePlatform(model, feature);
    if (platform !== undefined && other !== undefined && other !== platform) {
      throw conflict(
        `feature "${feature}" is for ${other}, distribution "${distribution}" is for ${platform}: ${REASON}`,
      );
    }
  }
}

function checkDistributions(model: Model, owner: string, platform: Platform, distributions: readonly string[]): void {
  unique(owner, "distribution", distributions);
  for (const distribution of distributions) {
    if (entry(model.distributions, distribution) === undefined) {
      const allowed = listed(Object.keys(model.distributions).sort());
      throw missing(`${owner}: there is no distribution "${distribution}"; there are: ${allowed}`);
    }
    const other = distributionPlatform(model, distribution);
    if (other !== undefined && other !== platform) {
      throw conflict(`distribution "${distribution}" is for ${other}, ${owner} is for ${platform}: ${REASON}`);
    }
  }
  checkSize(owner, artifactsOf(model, distributions));
}

function checkSize(owner: string, artifacts: readonly Artifact[]): void {
  const size = artifacts.reduce((sum, each) => sum + each.size, 0);
  if (size <= LARGEST_DEPLOYMENT) return;
  const [is, allowed] = [size, LARGEST_DEPLOYMENT].map((each) => `${Math.ceil(each / 1024 / 1024)} MiB`);
  throw conflict(`${owner} would get ${is ?? ""} of bundles; at most ${allowed ?? ""} are allowed: assign less to it`);
}

function unique(owner: string, kind: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw wrong(`${owner} names the ${kind} "${twice}" twice; name each once`);
}
