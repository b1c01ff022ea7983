import * as pulumi from "@pulumi/pulumi";

interface Inputs {
  readonly comment: string;
  readonly version: number;
}

/** Self-contained: Pulumi stores its serialised code in the state, so functions import the libraries that they use. */
const provider: pulumi.dynamic.ResourceProvider<Inputs, Inputs & { publicKey: string; privateKey: string }> = {
  async create(inputs) {
    const { randomUUID } = await import("node:crypto");
    const { execFileSync } = await import("node:child_process");
    const { mkdtempSync, readFileSync, rmSync } = await import("node:fs");
    const { tmpdir } = await import("node:os");
    // Uses OpenSSH's own generator: of ssh2's keys, OpenSSH cannot read one in 256 (a leading zero is lost).
    const folder = mkdtempSync(`${tmpdir()}/inaetics-key-`);
    try {
      const file = `${folder}/key`;
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", inputs.comment, "-f", file], {
        stdio: "pipe",
      });
      const publicKey = readFileSync(`${file}.pub`, "utf8").trim();
      return { id: randomUUID(), outs: { ...inputs, publicKey, privateKey: readFileSync(file, "utf8") } };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  async diff(_id, olds, news) {
    const replaces = olds.version === news.version ? [] : ["version"];
    return { changes: replaces.length > 0, replaces };
  },
};

/** Arguments of an {@link SshKey}. */
export interface SshKeyArgs {
  /** Comment of the public key; identifies it to a person who finds it in a file. */
  readonly comment: pulumi.Input<string>;
}

/** An Ed25519 key pair in OpenSSH's format: the login to the boxes, or the identity of a box. */
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
