/** Agents below `/client/targets`. */
import * as z from "zod/mini";
import { instantSchema, platformSchema, provisioningNameSchema, provisioningNamesSchema } from "./basics";
import { artifactSchema } from "./software";

/**
 * `waiting`: not approved, or nothing is assigned. `updating`: does not run the wanted version yet. `failed`: could not
 * run it and rolled back. `gone`: no visit for 15 s.
 */
export const targetStateSchema = z.enum(["waiting", "updating", "current", "failed", "gone"]);
export type TargetState = z.infer<typeof targetStateSchema>;

/** Deployment that a target should run. */
export const wantedSchema = z.object({
  version: z.string(),
  since: instantSchema,
  artifacts: z.readonly(z.array(z.pick(artifactSchema, { name: true, version: true }))),
});
export type Wanted = Readonly<z.infer<typeof wantedSchema>>;

/** Answer of `GET /client/targets` is a list of these. */
export const targetViewSchema = z.object({
  id: provisioningNameSchema,
  group: provisioningNameSchema,
  platform: platformSchema,
  approved: z.boolean(),
  /** Its own distributions, besides its group's. */
  distributions: provisioningNamesSchema,
  wanted: z.nullable(wantedSchema),
  /** Version that it reports to run. */
  current: z.nullable(z.object({ version: z.string(), since: instantSchema })),
  failed: z.nullable(z.object({ version: z.string(), reason: z.string() })),
  state: targetStateSchema,
  registeredAt: instantSchema,
  lastSeen: instantSchema,
  address: z.string(),
});
export type TargetView = Readonly<z.infer<typeof targetViewSchema>>;

/** Body of `PUT /client/targets/<id>`. An absent field stays unchanged. */
export const targetChangeSchema = z.partial(z.pick(targetViewSchema, { approved: true, distributions: true }));
export type TargetChange = Readonly<z.infer<typeof targetChangeSchema>>;
