/** Upgrade from the versions that boxes run to those of the lock file. Pure. */
import type { Versions } from "./programs";
import { compareVersions, findVersion, type Version } from "@inaetics/base";
import { isControllerBox } from "@inaetics/model/cluster";

/** Versions of a box: as recorded at its last update, and as wanted. */
export interface BoxVersions {
  readonly name: string;
  /** Absent for a new box. */
  readonly runs?: Versions;
  readonly wanted: Versions;
}

/** Tools whose data or peers allow steps of one minor version only, and no downgrade. */
const stepwise = ["kubernetes", "etcd"];
/** Tools whose data may not be readable by an older version. */
const forward = [...stepwise, "nats-server"];

/**
 * Returns the boxes that an update moves to other versions, in order.
 * @throws Error that names every forbidden step, and the allowed way instead
 */
export function planUpgrade(boxes: readonly BoxVersions[]): readonly BoxVersions[] {
  const refused = new Set(boxes.flatMap((box) => changesOf(box).flatMap(refusal)));
  if (refused.size > 0) throw new Error(`upgrade refused, nothing was changed:\n  ${[...refused].join("\n  ")}`);
  return boxes.filter((box) => changesOf(box).length > 0);
}

/** Describes the upgrade for `preview` and `up`: versions, then the order of the boxes. */
export function describeUpgrade(moved: readonly BoxVersions[]): string {
  const changes = new Set(
    moved.flatMap(changesOf).map(({ tool, from, to }) => `${tool} ${from ?? "none"} => ${to ?? "none"}`),
  );
  const places = moved.map(({ name }) => (isControllerBox(name) ? `${name} (after a snapshot of etcd)` : name));
  return `upgrade: ${[...changes].join(", ")}; one at a time: ${places.join(", ")}`;
}

interface Change {
  readonly tool: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

function changesOf({ runs, wanted }: BoxVersions): readonly Change[] {
  if (runs === undefined) return [];
  const tools = [...new Set([...Object.keys(runs), ...Object.keys(wanted)])];
  return tools.map((tool) => ({ tool, from: runs[tool], to: wanted[tool] })).filter(({ from, to }) => from !== to);
}

function refusal({ tool, from, to }: Change): string[] {
  const [before, after] = [findVersion(from ?? ""), findVersion(to ?? "")];
  if (before === undefined || after === undefined) return [];
  if (forward.includes(tool) && compareVersions(after, before) < 0) {
    return [
      `${tool}: got ${from ?? ""} => ${to ?? ""}, a downgrade; allowed is ${from ?? ""} or newer; do: use a checkout that has it`,
    ];
  }
  const missed = stepwise.includes(tool) ? minorsBetween(before, after) : [];
  if (missed.length === 0) return [];
  return [
    `${tool}: got ${from ?? ""} => ${to ?? ""}; allowed is one minor version at a time; ` +
      `do: ./cluster up from a checkout with ${missed.map((minor) => `${minor}.x`).join(", then ")}, then from this one`,
  ];
}

/** Returns the minor versions that a step skips. For a step to another major version, only the last minor is named. */
function minorsBetween([major, minor]: Version, [toMajor, toMinor]: Version): readonly string[] {
  if (toMajor !== major) return [`the last ${major}`];
  return Array.from({ length: Math.max(0, toMinor - minor - 1) }, (_, index) => `${major}.${minor + 1 + index}`);
}
