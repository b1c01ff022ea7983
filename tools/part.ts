/** Support and licence of every part in the lock file, and the entries under `parts`. */
import { z } from "zod";

const day = "allowed is a day such as 2027-10-28, or `release 3.8.0`";
const permissive = ["Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC"] as const;
/** Licences of software that is only installed from Debian. It is neither changed nor linked with this project's code. */
const system = [
  ...permissive,
  "EPL-2.0",
  "GPL-2.0-only",
  "GPL-2.0-or-later",
  "GPL-2.0-only WITH Classpath-exception-2.0",
  "LicenseRef-DFSG",
] as const;

/** Licence (SPDX) of software that is built or shipped here. */
export const license = z.enum(permissive, `allowed are ${permissive.join(", ")}`);

/** Fields that every entry of the lock file has. */
export const support = {
  /** Day on which the publisher's support ends, or the release that ends it. */
  supportedUntil: z.union([z.iso.date(day), z.string().regex(/^release \d+\.\d+\.\d+$/, day)], day),
  /** The publisher's rule that determines this end. */
  policy: z.string().min(1),
};

export const partName = z
  .string()
  .regex(/^(@[a-z0-9-]+\/)?[a-z0-9][a-z0-9-]*$/, "allowed are lower-case letters, digits and dashes, after an @scope/");

const from = z.union(
  [
    z.strictObject({ npm: partName }),
    z.strictObject({ maven: z.string().regex(/^[\w.-]+:[\w.-]+$/) }),
    /** Package of a Debian release, named by its code name; the release itself when no package is named. */
    z.strictObject({ debian: z.string().regex(/^[a-z]+$/), package: z.string().min(1).optional() }),
  ],
  "allowed are {npm: package}, {maven: group:artifact} and {debian: code name, package: name}",
);

export const part = z
  .strictObject({
    /** The whole version, or its fixed part: `17` is any 17.x. */
    version: z.string().regex(/^\d+(\.\d+){0,2}$/, 'allowed is a version such as 1.2.3, or "17"'),
    from,
    license: z.enum(system, `allowed are ${system.join(", ")}`),
    ...support,
  })
  .superRefine((value, context) => {
    if ("debian" in value.from || license.safeParse(value.license).success) return;
    const message = `${value.license} is allowed for Debian's packages only; otherwise ${permissive.join(", ")}`;
    context.addIssue({ code: "custom", path: ["license"], message });
  });

/** A part of the cluster that is not a tool of the lock file, with its name. */
export type Part = Readonly<z.infer<typeof part>> & { readonly name: string };

/** Common fields of tools and parts. */
export interface Supported {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly supportedUntil: string;
  readonly policy: string;
}
