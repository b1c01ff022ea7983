/** The part of a saved state that a new cluster takes over: logins and the certificate authority. Pure. */
import * as z from "zod/mini";

const resourceSchema = z.looseObject({
  urn: z.string(),
  type: z.string(),
  parent: z.optional(z.string()),
  outputs: z.optional(z.record(z.string(), z.unknown())),
});
const exportSchema = z.looseObject({
  version: z.int(),
  deployment: z.looseObject({
    resources: z.optional(z.nullable(z.array(resourceSchema))),
    secrets_providers: z.optional(z.unknown()),
  }),
});
/** Text of `pulumi stack export`. */
export type ExportedState = z.infer<typeof exportSchema>;

const passwords = "pulumi-nodejs:dynamic/pki:Password";
const authority = "pulumi-nodejs:dynamic/pki:CertificateAuthority";
const parts: readonly string[] = ["pulumi:pulumi:Stack", "pulumi:providers:pulumi-nodejs", passwords];

export function parseExport(text: string): ExportedState {
  return z.parse(exportSchema, JSON.parse(text));
}

/**
 * Returns a state for a new stack. It has the passwords and the authority of the saved one, and nothing that stands in
 * boxes: the program makes all else, with these logins. The secrets are unencrypted, and Pulumi encrypts them when it
 * imports the state.
 * @param own the new stack's own empty state, which names the encryption of this checkout
 * @param stacks name of the saved stack and of the new one; another name gets an authority of its own
 */
export function keptState(
  saved: ExportedState,
  own: ExportedState,
  stacks: { readonly saved: string; readonly own: string },
): ExportedState {
  const types = stacks.saved === stacks.own ? [...parts, authority] : parts;
  const root = saved.deployment.resources?.find(({ type }) => type === "pulumi:pulumi:Stack")?.urn;
  const kept = (saved.deployment.resources ?? []).filter(
    ({ type, parent }) => types.includes(type) && (parent === undefined || parent === root),
  );
  const rename = (text: string): string =>
    text
      .replaceAll(`urn:pulumi:${stacks.saved}::`, `urn:pulumi:${stacks.own}::`)
      .replaceAll(`::pulumi:pulumi:Stack::inaetics-${stacks.saved}`, `::pulumi:pulumi:Stack::inaetics-${stacks.own}`);
  const renamed = kept.map((resource) => {
    const { urn, parent, provider, ...rest } = resource;
    const names = { urn: rename(urn), ...(parent === undefined ? {} : { parent: rename(parent) }) };
    return { ...rest, ...names, ...(typeof provider === "string" ? { provider: rename(provider) } : {}) };
  });
  const { secrets_providers } = own.deployment;
  return {
    version: saved.version,
    deployment: { ...saved.deployment, secrets_providers, pending_operations: [], resources: renamed },
  };
}
