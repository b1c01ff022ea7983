/** Assigns deployments and their numbers to targets. Pure. */
import { createHash } from "node:crypto";
import { formatVersions, type Artifact, type Platform } from "@inaetics/model";
import type { Deployment, History, Target } from "./stored";
import { deploymentNumber, deploymentVersion } from "./versions";

/** Number of versions that a target can go back. A group's history keeps at least as many. */
export const KEPT_VERSIONS = 10;

/** Digest of the content: equal for equal content in any process. */
export function contentDigest(group: string, platform: Platform, artifacts: readonly Artifact[]): string {
  const content = artifacts.map(({ name, version, sha256 }) => [name, version, sha256]);
  return createHash("sha256")
    .update(JSON.stringify([group, platform, content]))
    .digest("hex")
    .slice(0, 32);
}

/** Writes that give a target its deployment; undefined parts stay unchanged. */
export interface Assignment {
  readonly history: History | undefined;
  readonly given: Target["given"] | undefined;
}

const NOTHING: Assignment = { history: undefined, given: undefined };

/**
 * Assigns the artifacts to the target. Its numbers only grow, also when it gets earlier content again. Targets that get
 * the same content at the same time share a number.
 *
 * @param reported version that the agent reports to run, so that a lost store does not make it go backwards
 * @param inUse numbers of the group's history that other targets still need
 */
export function assign(
  history: History,
  target: Pick<Target, "group" | "platform" | "given">,
  artifacts: readonly Artifact[],
  options: { readonly now: number; readonly reported?: string; readonly inUse?: ReadonlySet<number> },
): Assignment {
  if (artifacts.length === 0) return NOTHING;
  const digest = contentDigest(target.group, target.platform, artifacts);
  const last = target.given.at(-1)?.number ?? 0;
  if (history.some((each) => each.number === last && each.digest === digest)) return NOTHING;
  const floor = Math.max(last, foreignNumber(target, options.reported));
  const known = [...history].reverse().find((each) => each.digest === digest && each.number > floor);
  const number = known?.number ?? Math.max(floor, history.at(-1)?.number ?? 0) + 1;
  const given = [...target.given, { number, since: options.now }].slice(-KEPT_VERSIONS);
  if (known !== undefined) return { history: undefined, given };
  const content = artifacts.map(({ name, version, sha256, size }) => ({ name, version, sha256, size }));
  const deployment = { number, digest, since: options.now, platform: target.platform, artifacts: content };
  return { history: trimmed([...history, deployment], options.inUse ?? new Set()), given };
}

/** Number of a version that the target runs but did not get here; 0 otherwise. */
function foreignNumber({ given }: Pick<Target, "given">, reported: string | undefined): number {
  const number = reported === undefined ? undefined : deploymentNumber(reported);
  return number === undefined || given.some((each) => each.number === number) ? 0 : number;
}

function trimmed(history: History, inUse: ReadonlySet<number>): History {
  const kept = history.slice(-KEPT_VERSIONS);
  const older = history.slice(0, -KEPT_VERSIONS).filter((each) => inUse.has(each.number));
  return [...older, ...kept];
}

/** The deployments that a target may fetch, ascending; the last one is what it should run. */
export function deploymentsOf(history: History, { given }: Pick<Target, "given">): readonly Deployment[] {
  return given.flatMap(({ number }) => history.find((each) => each.number === number) ?? []);
}

/** Formats the versions for the agents' protocol: one version a line. */
export function versionsText(deployments: readonly Deployment[]): string {
  return formatVersions(deployments.map(({ number }) => deploymentVersion(number)));
}
