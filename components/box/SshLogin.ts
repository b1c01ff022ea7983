import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { SshKey } from "../pki/SshKey";
import { command as commandLine, quote } from "@inaetics/base";

/** Arguments of an {@link SshLogin}. */
export interface SshLoginArgs {
  /** `inaetics-<stack>`: the key's comment. */
  readonly cluster: pulumi.Input<string>;
  /** Folder of the stack's own files on the workstation, absolute. */
  readonly runFolder: string;
}

/**
 * The one key pair that may log in to the boxes. The private key is also a file (0600) for Vagrant, docker and users.
 */
export class SshLogin extends pulumi.ComponentResource {
  readonly publicKey: pulumi.Output<string>;
  /** Secret. */
  readonly privateKey: pulumi.Output<string>;
  /** Path of the private key. */
  readonly keyFile: string;
  /** The file's resource, to depend on. */
  readonly files: pulumi.Resource;

  constructor(name: string, args: SshLoginArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:box:SshLogin", name, {}, opts);
    const folder = `${args.runFolder}/ssh`;
    const key = new SshKey(`${name}-key`, { comment: args.cluster }, { parent: this });
    this.publicKey = key.publicKey;
    this.privateKey = key.privateKey;
    this.keyFile = `${folder}/id`;
    this.files = new command.local.Command(
      `${name}-files`,
      {
        create: `umask 077 && ${commandLine("mkdir", "-p", folder)} && cat > ${quote(this.keyFile)} && ssh-keygen -y -f ${quote(this.keyFile)} > ${quote(`${this.keyFile}.pub`)}`,
        delete: commandLine("rm", "-rf", folder, `${args.runFolder}/host-keys`),
        stdin: key.privateKey,
        logging: "stderr",
        addPreviousOutputInEnv: false,
      },
      { parent: this, additionalSecretOutputs: ["stdin"] },
    );
    this.registerOutputs({ publicKey: this.publicKey });
  }
}

/** Arguments of {@link KnownHosts}. */
export interface KnownHostsArgs {
  /** Folder of the stack's own files on the workstation, absolute. */
  readonly runFolder: string;
  /** Public host key by address. */
  readonly hosts: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>>>;
}

/** The boxes' host keys as a `known_hosts` file, with which docker and users verify a box. */
export class KnownHosts extends pulumi.ComponentResource {
  readonly file: string;
  readonly written: pulumi.Resource;

  constructor(name: string, args: KnownHostsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:box:KnownHosts", name, {}, opts);
    this.file = `${args.runFolder}/ssh/known_hosts`;
    this.written = new command.local.Command(
      `${name}-file`,
      {
        create: `umask 077 && ${commandLine("mkdir", "-p", `${args.runFolder}/ssh`)} && cat > ${quote(this.file)}`,
        delete: commandLine("rm", "-f", this.file),
        stdin: pulumi.output(args.hosts).apply(knownHostsText),
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );
    this.registerOutputs({ file: this.file });
  }
}

/** Returns one line for each address, without the key's comment. */
export function knownHostsText(hosts: Readonly<Record<string, string>>): string {
  return Object.entries(hosts)
    .map(([address, key]) => `${address} ${key.trim().split(" ").slice(0, 2).join(" ")}\n`)
    .join("");
}
