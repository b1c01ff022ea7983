/** Values that occur in all parts of provisioning's interface. */
import * as z from "zod/mini";

/** Platform that runs a bundle: an OSGi framework (Felix) or Celix. */
export const platformSchema = z.enum(["osgi", "celix"]);
export type Platform = z.infer<typeof platformSchema>;

/** Names of artifacts, features, distributions, groups and targets. */
export const provisioningNameSchema = z
  .string()
  .check(
    z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, "allowed are 1 to 128 letters, digits, dots, dashes, underscores"),
  );
export const provisioningNamesSchema = z.array(provisioningNameSchema).check(z.maxLength(200));

export const bundleVersionSchema = z
  .string()
  .check(
    z.regex(/^\d{1,9}\.\d{1,9}\.\d{1,9}(\.[A-Za-z0-9_-]{1,64})?$/, "allowed are versions such as 1.2.3 or 1.2.3.beta"),
  );

/** Milliseconds since 1970. */
export const instantSchema = z.number().check(z.minimum(0));
