import * as pulumi from "@pulumi/pulumi";
import { makeAuthority, validityDays } from "./x509";

interface Inputs {
  readonly commonName: string;
  readonly days: number;
  readonly version: number;
}

/** Self-contained: Pulumi stores its serialised code in the state, so functions import the libraries that they use. */
const provider: pulumi.dynamic.ResourceProvider<Inputs, Inputs & { certificate: string; key: string }> = {
  async create(inputs) {
    const pair = await makeAuthority(inputs.commonName, inputs.days);
    return { id: inputs.commonName, outs: { ...inputs, ...pair } };
  },
  // Without a diff of its own, every edit of this file would show as a change of the authority.
  async diff(_id, olds, news) {
    const replaces = olds.commonName === news.commonName && olds.version === news.version ? [] : ["commonName"];
    return { changes: replaces.length > 0, replaces, deleteBeforeReplace: false };
  },
};

/** Arguments of a {@link CertificateAuthority}. */
export interface CertificateAuthorityArgs {
  /** Common name of the authority, for example `inaetics-dev`. */
  readonly commonName: pulumi.Input<string>;
}

/**
 * The cluster's one certificate authority, made once and kept in the stack's state with its key encrypted. Replacing it
 * replaces every certificate.
 */
export class CertificateAuthority extends pulumi.dynamic.Resource {
  /** PEM certificate; public. */
  declare readonly certificate: pulumi.Output<string>;
  /** PEM private key; secret. */
  declare readonly key: pulumi.Output<string>;

  constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { certificate: undefined, key: undefined, days: validityDays, version: 1, ...args },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["key"] }),
      "pki",
      "CertificateAuthority",
    );
  }
}
