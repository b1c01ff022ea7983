/** The settings that all boxes of a cluster are made for. A living cluster cannot change them. Pure. */
import * as z from "zod/mini";
import type { Settings } from "./settings";

const foundationKeys = ["boxProvider", "subnet", "podNetwork", "serviceNetwork"] as const;

/** The settings that a cluster was made with, and that it keeps until it is removed. */
export type Foundation = Readonly<Record<(typeof foundationKeys)[number], string>>;

/** File in the stack's run folder with the {@link Foundation} of its cluster, as JSON. */
export const foundationFileName = "foundation.json";

const foundationSchema = z.object({
  boxProvider: z.string(),
  subnet: z.string(),
  podNetwork: z.string(),
  serviceNetwork: z.string(),
});

/** Returns the part of the settings that stays as long as the cluster lives. */
export function foundationOf({ boxProvider, subnet, podNetwork, serviceNetwork }: Settings): Foundation {
  return { boxProvider, subnet, podNetwork, serviceNetwork };
}

export function formatFoundation(foundation: Foundation): string {
  return `${JSON.stringify(foundation)}\n`;
}

/**
 * Reads the text that {@link formatFoundation} made.
 * @throws Error with the cure when it is damaged
 */
export function parseFoundation(text: string): Foundation {
  try {
    return z.parse(foundationSchema, JSON.parse(text));
  } catch (error) {
    const cure =
      "restore the settings that the cluster was made with, then delete that file; the next up writes it again";
    throw new Error(`${foundationFileName} of the stack's run folder is damaged; do: ${cure}`, { cause: error });
  }
}

/** One setting that differs from the cluster's. */
export interface FoundationChange {
  readonly key: keyof Foundation;
  readonly before: string;
  readonly after: string;
}

/** Returns the settings that differ from those that the cluster was made with. */
export function foundationChanges(before: Foundation, after: Foundation): readonly FoundationChange[] {
  return foundationKeys
    .filter((key) => before[key] !== after[key])
    .map((key) => ({ key, before: before[key], after: after[key] }));
}

/** Returns the settings that differ from the recorded text of a cluster. @throws Error when the record is damaged */
export function changesOfRecord(text: string, settings: Settings): readonly FoundationChange[] {
  return foundationChanges(parseFoundation(text), foundationOf(settings));
}

/** Describes the data that the changes cost. */
export function describeLoss(changes: readonly FoundationChange[]): string {
  const lines = changes.map(
    ({ key, before, after }) => `${key}: got ${after}; allowed: ${before}, which this cluster was made with`,
  );
  return [
    ...lines,
    "Another value needs other boxes. All samples, results, images and uploaded software of the present ones are lost.",
  ].join("\n");
}

/**
 * Describes the ways on: keep the cluster, or replace it.
 * @param cluster command of this stack, e.g. `./cluster --stack other`
 */
export function describeWaysOn(changes: readonly FoundationChange[], cluster: string): string {
  const back = changes.map(({ key, before }) => `${cluster} pulumi config set ${key} ${before}`);
  return [
    `Keep the cluster:               ${back.join(" && ")}`,
    `Remove it and make another one: ${cluster} up --accept-data-loss`,
  ].join("\n");
}
