import * as pulumi from "@pulumi/pulumi";
import { type CertificateRequest, issueCertificate, type KeyPair, validityDays } from "./x509";

interface Inputs {
  readonly authorityCertificate: string;
  readonly authorityKey: string;
  readonly requests: Readonly<Record<string, CertificateRequest>>;
  readonly days: number;
  readonly version: number;
}

interface Outs {
  readonly authorityCertificate: string;
  readonly requests: Readonly<Record<string, CertificateRequest>>;
  readonly version: number;
  readonly pairs: Readonly<Record<string, KeyPair>>;
}

/** Issues the requested certificates; one whose request and authority are unchanged is kept. */
async function issueAll(inputs: Inputs, olds: Outs | undefined): Promise<Outs> {
  const pairs: Record<string, KeyPair> = {};
  const kept =
    olds?.authorityCertificate === inputs.authorityCertificate && olds.version === inputs.version ? olds : undefined;
  for (const [name, request] of Object.entries(inputs.requests)) {
    const old = JSON.stringify(kept?.requests[name]) === JSON.stringify(request) ? kept?.pairs[name] : undefined;
    const authority = { certificate: inputs.authorityCertificate, key: inputs.authorityKey };
    pairs[name] = old ?? (await issueCertificate(authority, request, inputs.days));
  }
  const { authorityCertificate, requests, version } = inputs;
  return { authorityCertificate, requests, version, pairs };
}

/** Self-contained: Pulumi stores its serialised code in the state, so functions import the libraries that they use. */
const provider: pulumi.dynamic.ResourceProvider<Inputs, Outs> = {
  async create(inputs) {
    const { randomUUID } = await import("node:crypto");
    return { id: randomUUID(), outs: await issueAll(inputs, undefined) };
  },
  async diff(_id, olds, news) {
    const changes =
      olds.authorityCertificate !== news.authorityCertificate ||
      olds.version !== news.version ||
      JSON.stringify(olds.requests) !== JSON.stringify(news.requests);
    return { changes };
  },
  async update(_id, olds, news) {
    return { outs: await issueAll(news, olds) };
  },
};

/** Arguments of {@link Certificates}. */
export interface CertificatesArgs {
  /** PEM certificate of the authority that signs. */
  readonly authorityCertificate: pulumi.Input<string>;
  /** PEM key of the authority; secret. */
  readonly authorityKey: pulumi.Input<string>;
  /** Certificates to issue, by name. */
  readonly requests: pulumi.Input<Readonly<Record<string, CertificateRequest>>>;
}

/** A set of certificates with their keys, issued together and kept in the stack's state, with the keys encrypted. */
export class Certificates extends pulumi.dynamic.Resource {
  /** Certificate and key by name; secret. */
  declare readonly pairs: pulumi.Output<Readonly<Record<string, KeyPair>>>;

  constructor(name: string, args: CertificatesArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { pairs: undefined, days: validityDays, version: 1, ...args },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["pairs"] }),
      "pki",
      "Certificates",
    );
  }

  /** Returns one certificate or key, PEM; secret. */
  pair(name: string, part: keyof KeyPair): pulumi.Output<string> {
    return this.pairs.apply((pairs) => {
      const pair = pairs[name];
      if (pair === undefined) throw new Error(`no certificate ${name} was issued`);
      return pair[part];
    });
  }
}
