/** Software below `/client`: artifacts, the features and distributions that name them, and groups of targets. */
import * as z from "zod/mini";
import {
  bundleVersionSchema,
  instantSchema,
  platformSchema,
  provisioningNameSchema,
  provisioningNamesSchema,
} from "./basics";

/** A version of a bundle. */
export const artifactSchema = z.object({
  name: provisioningNameSchema,
  version: bundleVersionSchema,
  platform: platformSchema,
  /** Digest of the file, in hex. */
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  /** Size of the file, in bytes. */
  size: z.int().check(z.minimum(0)),
  createdAt: instantSchema,
  /** Shipped with the image, or uploaded by a person. Only the former may be replaced by other bytes. */
  origin: z.enum(["shipped", "uploaded"]),
});
export type Artifact = Readonly<z.infer<typeof artifactSchema>>;

/** An artifact that a feature takes: a version of it, or always the newest. */
export const artifactChoiceSchema = z.object({
  name: provisioningNameSchema,
  version: z.optional(bundleVersionSchema),
});
export type ArtifactChoice = Readonly<z.infer<typeof artifactChoiceSchema>>;

/** Bodies of `PUT /client/features/<name>`, `/client/distributions/<name>` and `/client/groups/<name>`. */
export const featureSchema = z.object({ artifacts: z.array(artifactChoiceSchema).check(z.maxLength(200)) });
export const distributionSchema = z.object({ features: provisioningNamesSchema });
export const groupSchema = z.object({
  platform: platformSchema,
  autoApprove: z.boolean(),
  distributions: provisioningNamesSchema,
});
/** An absent field stays unchanged. */
export const groupChangeSchema = z.partial(groupSchema);
export type Feature = Readonly<z.infer<typeof featureSchema>>;
export type Distribution = Readonly<z.infer<typeof distributionSchema>>;
export type Group = Readonly<z.infer<typeof groupSchema>>;

/** Body of `PUT /client/features/<name>/artifacts/<artifact>`: a version, or none for the newest. */
export const versionChoiceSchema = z.pick(artifactChoiceSchema, { version: true });

/** Answers of `GET /client/artifacts`, `/client/features`, `/client/distributions` and `/client/groups` are lists of these. */
export const artifactViewSchema = z.extend(artifactSchema, {
  /** Features that give this version to agents. */
  usedBy: z.readonly(z.array(provisioningNameSchema)),
});
/** Name and platform; the latter is null while no artifact decides it. */
const namedSchema = z.object({ name: provisioningNameSchema, platform: z.nullable(platformSchema) });
export const featureViewSchema = z.extend(featureSchema, namedSchema.shape);
export const distributionViewSchema = z.extend(distributionSchema, namedSchema.shape);
export const groupViewSchema = z.extend(groupSchema, { name: provisioningNameSchema });
export type ArtifactView = Readonly<z.infer<typeof artifactViewSchema>>;
export type FeatureView = Readonly<z.infer<typeof featureViewSchema>>;
export type DistributionView = Readonly<z.infer<typeof distributionViewSchema>>;
export type GroupView = Readonly<z.infer<typeof groupViewSchema>>;
