import * as pulumi from "@pulumi/pulumi";

interface Inputs {
  /** Password to use; a random one is made when absent. */
  readonly given?: string;
  readonly bytes: number;
}

interface Outs {
  readonly bytes: number;
  readonly random: boolean;
  readonly value: string;
  readonly hash: string;
}

/** Self-contained: Pulumi stores its serialised code in the state, so functions import the libraries that they use. */
const provider: pulumi.dynamic.ResourceProvider<Inputs, Outs> = {
  async create(inputs) {
    const { randomBytes, randomUUID } = await import("node:crypto");
    const { hash } = await import("bcryptjs");
    const value = inputs.given ?? randomBytes(inputs.bytes).toString("base64url");
    const outs = { bytes: inputs.bytes, random: inputs.given === undefined, value, hash: await hash(value, 10) };
    return { id: randomUUID(), outs };
  },
  async diff(_id, olds, news) {
    const same = news.given === undefined ? olds.random && olds.bytes === news.bytes : olds.value === news.given;
    return { changes: !same, replaces: same ? [] : ["given"] };
  },
};

/** Arguments of a {@link Password}. */
export interface PasswordArgs {
  /** Password to use, secret; default: a random one of 144 bits. */
  readonly given?: pulumi.Input<string>;
}

/** A password, given or made once, kept encrypted in the stack's state with its hash. */
export class Password extends pulumi.dynamic.Resource {
  /** The password itself; secret. */
  declare readonly value: pulumi.Output<string>;
  /** Its bcrypt hash, as htpasswd files hold it; secret, and the same in every run. */
  declare readonly hash: pulumi.Output<string>;

  constructor(name: string, args: PasswordArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { value: undefined, hash: undefined, bytes: 18, ...args },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["value", "hash"] }),
      "pki",
      "Password",
    );
  }
}
