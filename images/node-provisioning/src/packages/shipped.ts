import * as fs from "node:fs";
import * as path from "node:path";
import * as z from "zod/mini";
import { messageWithCause, type Log } from "@inaetics/base";
import { provisioningNameSchema, platformSchema, type Artifact, type Platform } from "@inaetics/model";
import { parseJson } from "@inaetics/samples";
import { Problem } from "@inaetics/service";
import { versionsOf } from "../model/catalog";
import { addArtifact } from "../model/changes";
import { checkModel } from "../model/rules";
import { EMPTY_MODEL, type Model } from "../model/stored";
import type { Blobs } from "../storage/blobs";
import type { Store } from "../storage/store";
import { readBundle } from "./bundle";

const names = z.array(provisioningNameSchema);

/** Mapping of a new cluster. */
const mappingSchema = z.object({
  /** Artifacts of each feature. */
  features: z.record(provisioningNameSchema, names),
  /** Features of each distribution. */
  distributions: z.record(provisioningNameSchema, names),
  groups: z.record(
    provisioningNameSchema,
    z.object({ platform: platformSchema, autoApprove: z.boolean(), distributions: names }),
  ),
});
export type Mapping = Readonly<z.infer<typeof mappingSchema>>;

/** Throws when the file cannot be read. */
export function readMapping(file: string): Mapping {
  const mapping = parseJson(mappingSchema, fs.readFileSync(file, "utf8"));
  if (!mapping.ok) throw new Error(`the default mapping ${file} cannot be read: ${mapping.problem}`);
  return mapping.value;
}

export interface Shipped {
  readonly file: string;
  readonly artifact: Artifact;
}

/** The bundles of the image: `<folder>/osgi/*` and `<folder>/celix/*`. One that cannot be used is logged and left out. */
export async function readShipped(folder: string, log: Log): Promise<readonly Shipped[]> {
  const found: Shipped[] = [];
  for (const platform of platformSchema.options) {
    const files = path.join(folder, platform);
    for (const name of fs.existsSync(files) ? fs.readdirSync(files).sort() : []) {
      const file = path.join(files, name);
      try {
        found.push({ file, artifact: await readOne(file, platform) });
      } catch (error) {
        log.error(`bundle ${file} of the image cannot be used: ${messageWithCause(error)}`);
      }
    }
  }
  return found;
}

async function readOne(file: string, platform: Platform): Promise<Artifact> {
  const facts = await readBundle(file);
  if (facts.platform !== platform) throw new Error(`it is for ${facts.platform}, but is in the folder ${platform}`);
  return { ...facts, createdAt: Date.now(), origin: "shipped" };
}

/** Stores the image's bundles, and the default mapping where no model exists yet. */
export async function load(
  store: Store,
  blobs: Pick<Blobs, "put">,
  shipped: readonly Shipped[],
  mapping: Mapping,
  log: Log,
): Promise<void> {
  for (const { file, artifact } of shipped) await blobs.put(artifact.sha256, file);
  const artifacts = shipped.map((each) => each.artifact);
  let notes: string[] = [];
  await store.changeModel((before) => {
    notes = [];
    const model = addShipped(before, artifacts, notes);
    return before === EMPTY_MODEL ? withMapping(model, mapping, notes) : model;
  });
  for (const note of notes) log.warn(note);
}

/** Adds new versions and replaces those of an earlier image by rebuilt ones. Uploaded versions stay. Pure. */
export function addShipped(before: Model, shipped: readonly Artifact[], notes: string[]): Model {
  let model = before;
  for (const artifact of shipped) {
    try {
      model = addArtifact(model, artifact);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      notes.push(`bundle ${artifact.name} ${artifact.version} of the image is not used: ${error.message}`);
    }
  }
  return model;
}

/**
 * Returns the model with the default mapping. A feature with missing artifacts is left out, because a part of it would
 * not run. Pure.
 */
export function withMapping(model: Model, mapping: Mapping, notes: string[]): Model {
  const features: Record<string, Model["features"][string]> = {};
  for (const [feature, artifacts] of Object.entries(mapping.features)) {
    const lacking = artifacts.filter((name) => versionsOf(model, name).length === 0);
    if (lacking.length === 0) features[feature] = { artifacts: artifacts.map((name) => ({ name })) };
    else notes.push(`feature ${feature} of the default mapping is left out: the image has no ${lacking.join(", ")}`);
  }
  const distributions = Object.entries(mapping.distributions).map(
    ([name, wanted]) => [name, { features: wanted.filter((each) => Object.hasOwn(features, each)) }] as const,
  );
  const mapped = {
    ...model,
    features,
    distributions: Object.fromEntries(distributions),
    groups: { ...mapping.groups },
  };
  checkModel(mapped);
  return mapped;
}
