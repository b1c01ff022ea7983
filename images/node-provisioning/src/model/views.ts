/** Views of the model for people. Pure. */
import { compareBundleVersions } from "@inaetics/model";
import type {
  ArtifactView,
  DistributionView,
  FeatureView,
  GroupView,
  TargetState,
  TargetView,
  Wanted,
} from "@inaetics/model";
import { distributionPlatform, featurePlatform, usersOf, wantedArtifacts } from "./catalog";
import { deploymentsOf } from "./history";
import type { History, Model, Target } from "./stored";
import { deploymentVersion } from "./versions";

/** Time in ms without a visit after which a target is gone. */
export const GONE_MS = 15_000;

export function artifactViews(model: Model): readonly ArtifactView[] {
  return [...model.artifacts]
    .sort((a, b) => byText(a.name, b.name) || compareBundleVersions(b.version, a.version))
    .map((each) => ({ ...each, usedBy: usersOf(model, each) }));
}

export function featureViews(model: Model): readonly FeatureView[] {
  return named(model.features).map((each) => ({ ...each, platform: featurePlatform(model, each.name) ?? null }));
}

export function distributionViews(model: Model): readonly DistributionView[] {
  return named(model.distributions).map((each) => ({
    ...each,
    platform: distributionPlatform(model, each.name) ?? null,
  }));
}

export function groupViews(model: Model): readonly GroupView[] {
  return named(model.groups);
}

/** Target with the time of its last visit, which this process may know better than the store. */
export interface KnownTarget {
  readonly id: string;
  readonly target: Target;
  readonly history: History;
  readonly heard: number;
}

/** @param since time at which this process began to listen; it knows of no earlier visit */
export function targetView(model: Model, known: KnownTarget, now: number, since: number): TargetView {
  const { group, platform, approved, distributions, current, failed, registeredAt, address } = known.target;
  const wanted = wantedOf(model, known);
  const lastSeen = Math.max(known.heard, known.target.lastSeen);
  const gone = now - Math.max(lastSeen, since) > GONE_MS;
  const state = gone ? "gone" : stateOf(current, failed, wanted);
  return {
    id: known.id,
    group,
    platform,
    approved,
    distributions,
    wanted,
    current,
    failed,
    state,
    registeredAt,
    lastSeen,
    address,
  };
}

function wantedOf(model: Model, { target, history }: KnownTarget): Wanted | null {
  if (wantedArtifacts(model, target).length === 0) return null;
  const deployment = deploymentsOf(history, target).at(-1);
  if (deployment === undefined) return null;
  const since = target.given.at(-1)?.since ?? deployment.since;
  const artifacts = deployment.artifacts.map(({ name, version }) => ({ name, version }));
  return { version: deploymentVersion(deployment.number), since, artifacts };
}

function stateOf(current: Target["current"], failed: Target["failed"], wanted: Wanted | null): TargetState {
  if (wanted === null) return current === null ? "waiting" : "updating";
  if (current?.version === wanted.version) return "current";
  return failed?.version === wanted.version ? "failed" : "updating";
}

function named<T extends object>(record: Readonly<Record<string, T>>): readonly (T & { readonly name: string })[] {
  return Object.entries(record)
    .map(([name, value]) => ({ name, ...value }))
    .sort((a, b) => byText(a.name, b.name));
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
