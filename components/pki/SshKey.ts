import * as pulumi from "@pulumi/pulumi";

interface Inputs {
  readonly comment: string;
  readonly version: number;
}

const provider: pulumi.dynamic.ResourceProvider<Inputs, Inputs & { publicKey: string; privateKey: string }> = {
  async create(inputs) {
    const { randomUUID } = await import("node:crypto");
    const { utils } = await import("ssh2");
    const pair = utils.generateKeyPairSync("ed25519", { comment: inputs.comment });
    return { id: randomUUID(), outs: { ...inputs, publicKey: pair.public, privateKey: pair.private } };
  },
  async diff(_id, olds, news) {
    const replaces = olds.version === news.version ? [] : ["version"];
    return { changes: replaces.length > 0, replaces };
  },
};

/** Arguments of an {@link SshKey}. */
export interface SshKeyArgs {
  /** Comment of the public key, for people who meet it in a file. */
  readonly comment: pulumi.Input<string>;
}

/** An Ed25519 key pair in OpenSSH's format: the login to the boxes, or the identity of one. */
export class SshKey extends pulumi.dynamic.Resource {
  /** One line, as in `authorized_keys`. */
  declare readonly publicKey: pulumi.Output<string>;
  /** OpenSSH private key; secret. */
  declare readonly privateKey: pulumi.Output<string>;

  constructor(name: string, args: SshKeyArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { publicKey: undefined, privateKey: undefined, version: 1, ...args },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKey"] }),
      "pki",
      "SshKey",
    );
  }
}
