/** Data that provisioning stores: people's decisions as one model, the targets, and the deployments of each group. */
import * as z from "zod/mini";
import {
  artifactSchema,
  auditEventSchema,
  distributionSchema,
  featureSchema,
  groupSchema,
  instantSchema,
  platformSchema,
  provisioningNameSchema,
  targetViewSchema,
} from "@inaetics/model";

/** Decisions of people as one value, which changes as a whole or not at all. */
export const modelSchema = z.object({
  artifacts: z.array(artifactSchema),
  features: z.record(provisioningNameSchema, featureSchema),
  distributions: z.record(provisioningNameSchema, distributionSchema),
  groups: z.record(provisioningNameSchema, groupSchema),
});
export type Model = Readonly<z.infer<typeof modelSchema>>;

export const EMPTY_MODEL: Model = { artifacts: [], features: {}, distributions: {}, groups: {} };

/** A deployment that a group's targets were given: its number makes the version `<number>.0.0`. */
export const deploymentSchema = z.object({
  number: z.int().check(z.minimum(1)),
  /** Digest of its content: the same content has the same digest. */
  digest: z.string(),
  since: instantSchema,
  platform: platformSchema,
  artifacts: z.array(z.pick(artifactSchema, { name: true, version: true, sha256: true, size: true })),
});
export type Deployment = Readonly<z.infer<typeof deploymentSchema>>;

/** The deployments of a group, ascending. */
export const historySchema = z.array(deploymentSchema);
export type History = readonly Deployment[];

/** An agent. Its stored `lastSeen` may lag by up to a minute. */
export const targetSchema = z.extend(z.omit(targetViewSchema, { id: true, wanted: true, state: true }), {
  /** Deployments that it got, ascending: numbers of its group's history and their times. */
  given: z.array(z.object({ number: z.int(), since: instantSchema })),
});
export type Target = Readonly<z.infer<typeof targetSchema>>;

/** An event as the audit log keeps it; the broker numbers it. */
export const storedEventSchema = z.omit(auditEventSchema, { seq: true });
