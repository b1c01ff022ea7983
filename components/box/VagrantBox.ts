import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { BoxProvider, PlannedBox } from "@inaetics/model/cluster";
import { BoxSurvey, type BoxSurveyArgs } from "./BoxSurvey";
import { SshKey } from "../pki/SshKey";
import { command as commandLine, quote } from "@inaetics/base";
import type { SshLogin } from "./SshLogin";

/** Arguments of a {@link VagrantBox}. */
export interface VagrantBoxArgs {
  /** `inaetics-<stack>`: the prefix of everything that Vagrant makes. */
  readonly cluster: pulumi.Input<string>;
  /** Name and IPv4 address. */
  readonly box: PlannedBox;
  /** Vagrant's provider. Changing it replaces the box. */
  readonly provider: BoxProvider;
  /** The network of the boxes, CIDR. Changing it replaces the box. */
  readonly subnet: string;
  /** The key pair that may log in as `vagrant`. */
  readonly login: SshLogin;
  /** Folder of the stack's own files on the workstation, absolute. */
  readonly runFolder: string;
  /** The cache folder on the workstation, absolute. */
  readonly cacheFolder: string;
  /** Number of times that the box was found dead and must be started again; see `boxGenerations`. */
  readonly generation: string;
  /** True when no update and no destroy may remove or replace the box. */
  readonly protect: boolean;
  /** Differences of the box from its configuration. */
  readonly survey: BoxSurveyArgs;
}

/** Connection that a remote command needs to reach a box. */
export type Connection = command.types.input.remote.ConnectionArgs;

/**
 * A machine made by Vagrant: a systemd container or a virtual machine with ssh, a fixed address and the programs mounted
 * read-only. A box that was halted or removed by hand is brought back by the next update.
 */
export class VagrantBox extends pulumi.ComponentResource {
  /** Name of the box, which is its host name as well. */
  readonly name: string;
  readonly address: string;
  /** Known only after the box is up. */
  readonly connection: pulumi.Output<Connection>;
  /** The box's public host key. */
  readonly hostKey: pulumi.Output<string>;
  /** Resource to give as `deletedWith` for everything inside the box. */
  readonly machine: pulumi.Resource;
  /** Changes whenever an update made, started or repaired the box: its configuration must then be checked again. */
  readonly generation: pulumi.Output<string>;

  constructor(name: string, args: VagrantBoxArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:box:VagrantBox", name, {}, opts);
    const host = new SshKey(`${name}-host-key`, { comment: `${args.box.name} host key` }, { parent: this });
    const machine = new command.local.Command(
      `${name}-machine`,
      {
        create: upScript(args),
        delete: downScript(args),
        environment: boxEnvironment(args),
        stdin: host.privateKey,
        logging: "stderr",
        addPreviousOutputInEnv: false,
        // A box cannot move to another network or provider.
        triggers: [args.provider, args.subnet, host.publicKey],
      },
      {
        parent: this,
        dependsOn: [args.login.files],
        deleteBeforeReplace: true,
        additionalSecretOutputs: ["stdin"],
        protect: args.protect,
      },
    );
    this.name = args.box.name;
    this.address = args.box.address;
    this.machine = machine;
    this.hostKey = host.publicKey;
    const { repairs } = new BoxSurvey(`${name}-survey`, args.survey, { parent: this });
    this.generation = pulumi
      .all([machine.stdout, repairs])
      .apply(([generation, count]) => (count > 0 ? `${generation} repair ${count}` : generation));
    this.connection = pulumi
      .all([args.login.privateKey, host.publicKey, machine.id])
      .apply(([privateKey, hostKey]) => ({
        host: args.box.address,
        user: "vagrant",
        privateKey,
        hostKey,
        dialErrorLimit: 30,
        perDialTimeout: 10,
      }));
    this.registerOutputs({ address: this.address });
  }
}

/** Writes the host key where Vagrant hands it to the box, brings the box up, and prints its generation. */
function upScript(args: VagrantBoxArgs): string {
  const folder = `${args.runFolder}/host-keys`;
  const key = quote(`${folder}/${args.box.name}`);
  return [
    "set -eu",
    `(umask 077; mkdir -p ${quote(folder)}; cat > ${key}; ssh-keygen -y -f ${key} > ${key}.pub)`,
    commandLine("vagrant/scripts/box", "up", args.box.name) + " >&2",
    commandLine("mkdir", "-p", `${args.runFolder}/generations`),
    `printf %s ${quote(args.generation)} > ${quote(`${args.runFolder}/generations/${args.box.name}`)}`,
    `printf %s ${quote(args.generation)}`,
  ].join("\n");
}

/** Deletes all per-box state, so that a new box of that name starts clean. */
function downScript(args: VagrantBoxArgs): string {
  const files = ["generations", "host-keys", "vagrant"].map((folder) => `${args.runFolder}/${folder}/${args.box.name}`);
  return [
    "set -eu",
    `${commandLine("vagrant/scripts/box", "destroy", args.box.name)} >&2`,
    commandLine("rm", "-rf", ...files, `${args.runFolder}/host-keys/${args.box.name}.pub`),
  ].join("\n");
}

function boxEnvironment(args: VagrantBoxArgs): Record<string, pulumi.Input<string>> {
  return {
    INAETICS_CLUSTER: args.cluster,
    INAETICS_PROVIDER: args.provider,
    INAETICS_SUBNET: args.subnet,
    INAETICS_BOXES: JSON.stringify({ [args.box.name]: args.box.address }),
    INAETICS_SSH_KEY: args.login.keyFile,
    INAETICS_SSH_PUBLIC_KEY: args.login.publicKey,
    INAETICS_HOST_KEY: `${args.runFolder}/host-keys`,
    INAETICS_PROGRAMS: `${args.cacheFolder}/boxes`,
    INAETICS_IMAGES: `${args.cacheFolder}/images`,
    VAGRANT_DOTFILE_PATH: `${args.runFolder}/vagrant/${args.box.name}`,
  };
}
