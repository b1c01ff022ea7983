import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { BoxConfiguration } from "./BoxConfiguration";
import { nodeCertificates } from "./certificates";
import type { Controller } from "./Controller";
import type { CertificateAuthority } from "./pki/CertificateAuthority";
import type { Plan, PlannedBox } from "./plan";
import type { Settings } from "./settings";
import { command as commandLine } from "./shell";
import type { VagrantBox } from "./VagrantBox";

/** Arguments of a {@link Node}. */
export interface NodeArgs {
  readonly plan: Plan;
  readonly settings: Settings;
  /** The node of the plan. */
  readonly planned: PlannedBox;
  /** The machine to run it on. */
  readonly box: VagrantBox;
  readonly authority: CertificateAuthority;
  /** The control plane, which forgets the node when the node is removed. */
  readonly controlPlane: Controller;
  /** Hash of the units and scripts in `vagrant/`. */
  readonly scripts: string;
}

/** A Kubernetes node on a box: containerd, kubelet, flanneld and kube-proxy. It joins by itself when the API server answers. */
export class Node extends pulumi.ComponentResource {
  readonly revision: pulumi.Output<string>;
  /** The configuration's resource, to depend on. */
  readonly applied: pulumi.Resource;

  constructor(name: string, args: NodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:cluster:Node", name, {}, opts);
    const configuration = new BoxConfiguration(
      `${name}-configuration`,
      { ...args, certificates: nodeCertificates(args.planned) },
      { parent: this },
    );
    new command.remote.Command(
      `${name}-membership`,
      {
        connection: args.controlPlane.box.connection,
        create: "true",
        delete: commandLine("sudo", "/opt/inaetics/vagrant/scripts/forget-node", args.planned.name),
        addPreviousOutputInEnv: false,
      },
      {
        parent: this,
        deletedWith: args.controlPlane.box.machine,
        dependsOn: [configuration.applied, args.controlPlane.apiReady],
      },
    );
    this.revision = configuration.revision;
    this.applied = configuration.applied;
    this.registerOutputs({ revision: this.revision });
  }
}
