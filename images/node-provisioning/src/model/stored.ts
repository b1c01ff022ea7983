/**
 * Data that provisioning stores and serves: artifact -> feature -> distribution -> group and target. The REST interface
 * uses the same schemas. Times are milliseconds since 1970.
 */
import * as z from "zod/mini";

/** Platform that runs a bundle: an OSGi framework (Felix) or Celix. */
export const platformSchema = z.enum(["osgi", "celix"]);
export type Platform = z.infer<typeof platformSchema>;

/** Names of artifacts, features, distributions, groups and targets. */
export const nameSchema = z
  .string()
  .check(
    z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, "allowed are 1 to 128 letters, digits, dots, dashes, underscores"),
  );

export const bundleVersionSchema = z
  .string()
  .check(
    z.regex(/^\d{1,9}\.\d{1,9}\.\d{1,9}(\.[A-Za-z0-9_-]{1,64})?$/, "allowed are versions such as 1.2.3 or 1.2.3.beta"),
  );

const namesSchema = z.array(nameSchema).check(z.maxLength(200));
const instant = z.number().check(z.minimum(0));

/** A version of a bundle. */
export const artifactSchema = z.object({
  name: nameSchema,
  version: bundleVersionSchema,
  platform: platformSchema,
  /** Digest of the file, in hex. */
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  /** Size of the file, in bytes. */
  size: z.int().check(z.minimum(0)),
  createdAt: instant,
  /** Shipped with the image, or uploaded by a person. Only the former may be replaced by other bytes. */
  origin: z.enum(["shipped", "uploaded"]),
});
export type Artifact = Readonly<z.infer<typeof artifactSchema>>;

/** An artifact that a feature takes: a version of it, or always the newest. */
export const artifactChoiceSchema = z.object({ name: nameSchema, version: z.optional(bundleVersionSchema) });
export type ArtifactChoice = Readonly<z.infer<typeof artifactChoiceSchema>>;

const featureSchema = z.object({ artifacts: z.array(artifactChoiceSchema).check(z.maxLength(200)) });
const distributionSchema = z.object({ features: namesSchema });
const groupSchema = z.object({ platform: platformSchema, autoApprove: z.boolean(), distributions: namesSchema });
export type Feature = Readonly<z.infer<typeof featureSchema>>;
export type Distribution = Readonly<z.infer<typeof distributionSchema>>;
export type Group = Readonly<z.infer<typeof groupSchema>>;

/** Decisions of people as one value, which changes as a whole or not at all. */
export const modelSchema = z.object({
  artifacts: z.array(artifactSchema),
  features: z.record(nameSchema, featureSchema),
  distributions: z.record(nameSchema, distributionSchema),
  groups: z.record(nameSchema, groupSchema),
});
export type Model = Readonly<z.infer<typeof modelSchema>>;

export const EMPTY_MODEL: Model = { artifacts: [], features: {}, distributions: {}, groups: {} };

/** A deployment that a group's targets were given: its number makes the version `<number>.0.0`. */
export const deploymentSchema = z.object({
  number: z.int().check(z.minimum(1)),
  /** Digest of its content: the same content has the same digest. */
  digest: z.string(),
  since: instant,
  platform: platformSchema,
  artifacts: z.array(z.pick(artifactSchema, { name: true, version: true, sha256: true, size: true })),
});
export type Deployment = Readonly<z.infer<typeof deploymentSchema>>;

/** The deployments of a group, ascending. */
export const historySchema = z.array(deploymentSchema);
export type History = readonly Deployment[];

/** An agent, as it is stored. */
export const targetSchema = z.object({
  group: nameSchema,
  platform: platformSchema,
  approved: z.boolean(),
  /** Its own distributions, besides its group's. */
  distributions: namesSchema,
  /** Deployments that it got, ascending: numbers of its group's history and their times. */
  given: z.array(z.object({ number: z.int(), since: instant })),
  /** Version that it reports to run. */
  current: z.nullable(z.object({ version: z.string(), since: instant })),
  failed: z.nullable(z.object({ version: z.string(), reason: z.string() })),
  registeredAt: instant,
  /** Time of the last visit; it may lag by up to a minute. */
  lastSeen: instant,
  address: z.string(),
});
export type Target = Readonly<z.infer<typeof targetSchema>>;

/** Event at an agent, as the agent sends it. */
export const agentEventSchema = z.object({
  id: z.int().check(z.minimum(0)),
  time: instant,
  type: z.enum([
    "agent-started",
    "agent-stopped",
    "provisioning-found",
    "download-started",
    "download-refused",
    "deployment-installed",
    "bundle-started",
    "bundle-failed",
    "deployment-failed",
    "rolled-back",
  ]),
  version: z.optional(z.string().check(z.maxLength(100))),
  bundle: z.optional(z.string().check(z.maxLength(200))),
  bundleVersion: z.optional(z.string().check(z.maxLength(100))),
  message: z.optional(z.string().check(z.maxLength(4000))),
});
export type AgentEvent = Readonly<z.infer<typeof agentEventSchema>>;

/** An event as the audit log keeps it. */
export const storedEventSchema = z.extend(z.omit(agentEventSchema, { id: true }), { target: nameSchema });

/** Body of `POST /auditlog/send`. */
export const auditReportSchema = z.object({
  target: nameSchema,
  /** Name of the run of the agent's process; ids of events count within it. */
  boot: z
    .string()
    .check(z.regex(/^[A-Za-z0-9._-]{1,64}$/, "allowed are 1 to 64 letters, digits, dots, dashes, underscores")),
  events: z.array(agentEventSchema).check(z.maxLength(100)),
});

/** Views that people get; see section REST of docs. */
export interface ArtifactView extends Omit<Artifact, "origin"> {
  readonly origin: Artifact["origin"];
  /** Features that give this version to agents. */
  readonly usedBy: readonly string[];
}

/** Platform is null while it has no artifact. */
export interface FeatureView extends Feature {
  readonly name: string;
  readonly platform: Platform | null;
}

export interface DistributionView extends Distribution {
  readonly name: string;
  readonly platform: Platform | null;
}

export interface GroupView extends Group {
  readonly name: string;
}

/**
 * `waiting`: not approved, or nothing is assigned. `updating`: does not run the wanted version yet. `failed`: could not
 * run it and rolled back. `gone`: no visit for 15 s.
 */
export type TargetState = "waiting" | "updating" | "current" | "failed" | "gone";

export interface TargetView extends Omit<Target, "given"> {
  readonly id: string;
  readonly wanted: Wanted | null;
  readonly state: TargetState;
}

export interface Wanted {
  readonly version: string;
  readonly since: number;
  readonly artifacts: readonly { readonly name: string; readonly version: string }[];
}

/** An event of the audit log; `seq` grows with time and is never used twice. */
export interface AuditEvent extends Omit<AgentEvent, "id"> {
  readonly seq: number;
  readonly target: string;
}

/** Bodies of changes that people request. An absent field stays unchanged. */
export const featureBodySchema = featureSchema;
export const distributionBodySchema = distributionSchema;
export const groupBodySchema = z.partial(groupSchema);
export const targetBodySchema = z.object({ approved: z.optional(z.boolean()), distributions: z.optional(namesSchema) });
export const choiceBodySchema = z.object({ version: z.optional(bundleVersionSchema) });
