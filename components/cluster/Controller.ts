import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { BoxConfiguration } from "../box/BoxConfiguration";
import type { Boxes } from "../box/Boxes";
import { discoveryPassword, htpasswd, serviceAccountKey } from "../box/files";
import { controllerCertificates } from "./certificates";
import { Condition } from "./Condition";
import { passDown } from "../options";
import { kubeconfigText } from "./kubeconfig";
import type { CertificateAuthority } from "../pki/CertificateAuthority";
import type { Password } from "../pki/Password";
import type { KeyPair } from "../pki/x509";
import type { RegistryAccess } from "../image/Image";
import type { Plan, PlannedBox, Settings } from "@inaetics/model/cluster";
import type { Programs } from "../box/programs";
import { command as commandLine } from "@inaetics/base";
import type { VagrantBox } from "../box/VagrantBox";

/** Arguments of a {@link Controller}. */
export interface ControllerArgs {
  readonly plan: Plan;
  readonly settings: Settings;
  /** The controller of the plan. */
  readonly planned: PlannedBox;
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
  /** Controllers before this one; none for the first. Each joins the etcd of those before it. */
  readonly before: readonly Controller[];
}

/**
 * The control plane on a controller box: etcd (TLS, users and roles), registry (TLS, password), API server,
 * controller-manager, scheduler, CoreDNS, flanneld and kube-proxy; on the first one the docker daemon, too.
 */
export class Controller extends pulumi.ComponentResource {
  /** The machine that it runs on. */
  readonly box: VagrantBox;
  /** The configuration's resource, to depend on. */
  readonly applied: pulumi.Resource;
  /** Kubeconfig of the administrator; secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Client certificate that may write Flannel's part of etcd; secret. */
  readonly flannelCertificate: pulumi.Output<KeyPair>;
  /** Ready when etcd answers, with its users and roles. */
  readonly etcdReady: pulumi.Resource;
  /** Ready when the API server, the controller-manager and the scheduler answer. */
  readonly apiReady: pulumi.Resource;
  /** Ready when images can be pulled; on the first controller, built and pushed. */
  readonly imagesReady: pulumi.Resource;
  readonly revision: pulumi.Output<string>;
  private readonly pairs: pulumi.Output<Readonly<Record<string, KeyPair>>>;

  constructor(
    private readonly name: string,
    args: ControllerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("inaetics:cluster:Controller", name, {}, opts);
    const [first] = args.before;
    const previous = args.before.at(-1);
    const configuration = new BoxConfiguration(
      `${name}-configuration`,
      {
        ...args,
        certificates: controllerCertificates(args.plan, args.planned),
        files: pulumi
          .all([args.registryPassword.hash, args.discoveryPassword.value, first?.serviceAccountFiles() ?? []])
          .apply(([hash, password, key]) => [
            htpasswd(args.settings.registryUser, hash),
            discoveryPassword(password),
            ...key,
          ]),
      },
      // One after the other: etcd never restarts on two boxes at once, and it takes one new member at a time.
      {
        parent: this,
        ...(previous === undefined ? {} : passDown({ dependsOn: [previous.etcdReady, previous.apiReady] })),
      },
    );
    const condition = (what: string, conditions: readonly string[], timeout: number): pulumi.Resource =>
      new Condition(
        `${name}-${what}`,
        { box: args.box, conditions, revision: configuration.revision, timeout },
        { parent: this, ...passDown({ dependsOn: [configuration.applied] }) },
      ).met;
    this.etcdReady = condition("etcd", ["etcd"], 120);
    this.apiReady = condition("api", ["apiserver", "controller-manager", "scheduler"], 180);
    this.imagesReady = condition(
      "registry",
      first === undefined ? ["docker", "registry", "images"] : ["registry"],
      240,
    );
    if (first !== undefined) manageMembership(`${name}-membership`, args.planned, first, configuration.applied, this);
    this.box = args.box;
    this.applied = configuration.applied;
    this.revision = configuration.revision;
    this.pairs = configuration.pairs;
    this.flannelCertificate = configuration.pairs.apply((pairs) => pairOf(pairs, "etcd-flannel"));
    this.kubeconfig = pulumi.secret(
      pulumi
        .all([args.authority.certificate, configuration.pairs])
        .apply(([authority, pairs]) => kubeconfigText(args.plan, authority, pairOf(pairs, "admin"))),
    );
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }

  /** Copies images from the first controller's registry to this one's, from where nodes pull while the first is away. */
  copyImages(images: pulumi.Output<readonly string[]>, { username, password }: RegistryAccess): void {
    new command.remote.Command(
      `${this.name}-images`,
      {
        connection: this.box.connection,
        create: pulumi
          .all([images, this.box.generation])
          .apply(([names, generation]) => `${onBox("copy-images", ...names)} # ${generation}`),
        stdin: pulumi.secret(password).apply((value) => `${username}:${value}\n`),
        addPreviousOutputInEnv: false,
      },
      {
        parent: this,
        deletedWith: this.box.machine,
        dependsOn: [this.imagesReady],
        additionalSecretOutputs: ["stdin"],
        customTimeouts: { create: "10m", update: "10m" },
      },
    );
  }

  private serviceAccountFiles() {
    return this.pairs.apply((pairs) => serviceAccountKey(pairOf(pairs, "service-account")));
  }
}

function onBox(script: string, ...words: readonly string[]): string {
  return commandLine("sudo", `/opt/inaetics/vagrant/scripts/${script}`, ...words);
}

/** Lets a controller join etcd, and takes it out before its box is removed, both by the first controller. */
function manageMembership(
  name: string,
  planned: PlannedBox,
  first: Controller,
  applied: pulumi.Resource,
  parent: pulumi.Resource,
): void {
  new command.remote.Command(
    name,
    {
      connection: first.box.connection,
      create: onBox("etcd-member", "admit", planned.name),
      delete: onBox("etcd-member", "leave", planned.name),
      addPreviousOutputInEnv: false,
    },
    { parent, deletedWith: first.box.machine, dependsOn: [applied], customTimeouts: { delete: "5m" } },
  );
}

/** Makes the boxes controllers of the cluster, the first one first. */
export function joinControllers(
  { controller, furtherControllers }: Boxes,
  shared: Omit<ControllerArgs, "planned" | "box" | "before">,
): readonly [Controller, ...Controller[]] {
  const { plan } = shared;
  const first = new Controller("control-plane", { ...shared, planned: plan.controller, box: controller, before: [] });
  return furtherControllers.reduce<readonly [Controller, ...Controller[]]>(
    (before, { planned, box }) => [
      ...before,
      new Controller(`control-plane-${before.length + 1}`, { ...shared, planned, box, before }),
    ],
    [first],
  );
}

function pairOf(pairs: Readonly<Record<string, KeyPair>>, name: string): KeyPair {
  const pair = pairs[name];
  if (pair === undefined) throw new Error(`no certificate ${name} was issued`);
  return pair;
}
