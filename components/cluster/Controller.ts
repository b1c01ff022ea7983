import * as pulumi from "@pulumi/pulumi";
import { BoxConfiguration } from "../box/BoxConfiguration";
import { discoveryPassword, htpasswd } from "../box/files";
import { controllerCertificates } from "./certificates";
import { Condition } from "./Condition";
import { passDown } from "../options";
import { kubeconfigText } from "./kubeconfig";
import type { CertificateAuthority } from "../pki/CertificateAuthority";
import type { Password } from "../pki/Password";
import type { KeyPair } from "../pki/x509";
import type { Plan, Settings } from "@inaetics/model/cluster";
import type { Programs } from "../box/programs";
import type { VagrantBox } from "../box/VagrantBox";

/** Arguments of a {@link Controller}. */
export interface ControllerArgs {
  readonly plan: Plan;
  readonly settings: Settings;
  /** The machine to run it on. */
  readonly box: VagrantBox;
  readonly authority: CertificateAuthority;
  /** Password of the registry's one user. */
  readonly registryPassword: Password;
  /** Password of etcd's user for discovery. */
  readonly discoveryPassword: Password;
  /** Hash of the units and scripts in `vagrant/`. */
  readonly scripts: string;
  readonly programs: Programs;
  /** Folder of the stack's own files on the workstation, absolute. */
  readonly runFolder: string;
}

/**
 * The control plane on the controller box: etcd (TLS, users and roles), registry (TLS, password), docker daemon, API server,
 * controller-manager, scheduler, CoreDNS, flanneld and kube-proxy.
 */
export class Controller extends pulumi.ComponentResource {
  /** The machine that it runs on. */
  readonly box: VagrantBox;
  /** Kubeconfig of the administrator; secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Client certificate that may write Flannel's part of etcd; secret. */
  readonly flannelCertificate: pulumi.Output<KeyPair>;
  /** Ready when etcd answers, with its users and roles. */
  readonly etcdReady: pulumi.Resource;
  /** Ready when the API server, the controller-manager and the scheduler answer. */
  readonly apiReady: pulumi.Resource;
  /** Ready when images can be built and pushed. */
  readonly imagesReady: pulumi.Resource;
  readonly revision: pulumi.Output<string>;

  constructor(name: string, args: ControllerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:cluster:Controller", name, {}, opts);
    const configuration = new BoxConfiguration(
      `${name}-configuration`,
      {
        ...args,
        planned: args.plan.controller,
        certificates: controllerCertificates(args.plan),
        files: pulumi
          .all([args.registryPassword.hash, args.discoveryPassword.value])
          .apply(([hash, password]) => [htpasswd(args.settings.registryUser, hash), discoveryPassword(password)]),
      },
      { parent: this },
    );
    const condition = (what: string, conditions: readonly string[], timeout: number): pulumi.Resource =>
      new Condition(
        `${name}-${what}`,
        { box: args.box, conditions, revision: configuration.revision, timeout },
        { parent: this, ...passDown({ dependsOn: [configuration.applied] }) },
      ).met;
    this.etcdReady = condition("etcd", ["etcd"], 120);
    this.apiReady = condition("api", ["apiserver", "controller-manager", "scheduler"], 180);
    this.imagesReady = condition("registry", ["docker", "registry", "images"], 240);
    this.box = args.box;
    this.revision = configuration.revision;
    this.flannelCertificate = configuration.pairs.apply((pairs) => pairOf(pairs, "etcd-flannel"));
    this.kubeconfig = pulumi.secret(
      pulumi
        .all([args.authority.certificate, configuration.pairs])
        .apply(([authority, pairs]) => kubeconfigText(args.plan, authority, pairOf(pairs, "admin"))),
    );
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }
}

function pairOf(pairs: Readonly<Record<string, KeyPair>>, name: string): KeyPair {
  const pair = pairs[name];
  if (pair === undefined) throw new Error(`no certificate ${name} was issued`);
  return pair;
}
