import * as pulumi from "@pulumi/pulumi";
import { BoxConfiguration } from "./BoxConfiguration";
import { nodeCertificates } from "./certificates";
import type { CertificateAuthority } from "./pki/CertificateAuthority";
import type { Plan, PlannedBox } from "./plan";
import type { Settings } from "./settings";
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
    this.revision = configuration.revision;
    this.applied = configuration.applied;
    this.registerOutputs({ revision: this.revision });
  }
}
