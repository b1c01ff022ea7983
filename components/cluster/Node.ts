import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { BoxConfiguration } from "../box/BoxConfiguration";
import type { MachineBox } from "../box/Boxes";
import { nodeCertificates } from "./certificates";
import type { Controller } from "./Controller";
import type { CertificateAuthority } from "../pki/CertificateAuthority";
import type { Plan, PlannedBox, Settings } from "@inaetics/model/cluster";
import { formatVersions, type Programs } from "../box/programs";
import { passDown } from "../options";
import { command as commandLine } from "@inaetics/base";
import type { VagrantBox } from "../box/VagrantBox";

/** Arguments of a {@link Node}. */
export interface NodeArgs {
  readonly plan: Plan;
  readonly settings: Settings;
  /** The node of the plan. */
  readonly planned: PlannedBox;
  /** The machine to run it on. */
  readonly box: VagrantBox;
  readonly authority: CertificateAuthority;
  /** Control plane, which deletes the node's object when the node is removed. */
  readonly controlPlane: Controller;
  /** Hash of the units and scripts in `vagrant/`. */
  readonly scripts: string;
  readonly programs: Programs;
  /** Folder of the stack's own files on the workstation, absolute. */
  readonly runFolder: string;
  /** Present while versions change: the order is control plane, then this node, then the next one. */
  readonly upgradedAfter?: readonly pulumi.Resource[];
  /** Membership of the node with the number before, which is removed after this one. */
  readonly removedBefore?: pulumi.Resource | undefined;
}

/** A Kubernetes node on a box: containerd, kubelet, flanneld, kube-proxy. Joins by itself when the API server is up. */
export class Node extends pulumi.ComponentResource {
  /** The machine that it runs on. */
  readonly box: VagrantBox;
  readonly revision: pulumi.Output<string>;
  /** The configuration's resource, to depend on. */
  readonly applied: pulumi.Resource;
  /** Ready when the node takes pods again after an upgrade, and the queue is whole. */
  readonly settled: pulumi.Resource;

  constructor(name: string, args: NodeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:cluster:Node", name, {}, opts);
    const controller = args.controlPlane.box;
    const inside: pulumi.CustomResourceOptions = {
      parent: this,
      deletedWith: controller.machine,
      customTimeouts: { update: "20m", delete: "90m" },
    };
    // Does nothing on create: a new node has no pods to evacuate. Only a change of versions is an update.
    const step = (action: string): string =>
      `${onController("upgrade-node", action, args.planned.name, args.programs.kubernetes)} # ${fingerprint(args)}`;
    const evacuated = new command.remote.Command(
      `${name}-evacuation`,
      { connection: controller.connection, create: "true", update: step("begin"), addPreviousOutputInEnv: false },
      { ...inside, dependsOn: [args.box.machine, ...(args.upgradedAfter ?? [])] },
    );
    const configuration = new BoxConfiguration(
      `${name}-configuration`,
      { ...args, certificates: nodeCertificates(args.planned) },
      { parent: this, ...passDown({ dependsOn: [evacuated] }) },
    );
    this.settled = new command.remote.Command(
      `${name}-membership`,
      {
        connection: controller.connection,
        create: "true",
        update: step("end"),
        delete: onController("forget-node", args.planned.name),
        addPreviousOutputInEnv: false,
      },
      {
        ...inside,
        dependsOn: [
          configuration.applied,
          args.controlPlane.apiReady,
          ...(args.removedBefore === undefined ? [] : [args.removedBefore]),
        ],
      },
    );
    this.box = args.box;
    this.revision = configuration.revision;
    this.applied = configuration.applied;
    this.registerOutputs({ revision: this.revision });
  }
}

/**
 * Makes the boxes nodes of the cluster. All at once, or, while versions change, one by one after the control plane.
 */
export function joinNodes(
  boxes: readonly MachineBox[],
  shared: Omit<NodeArgs, "planned" | "box" | "upgradedAfter" | "removedBefore" | "controlPlane">,
  controllers: readonly [Controller, ...Controller[]],
  upgrading: boolean,
): readonly Node[] {
  const [controlPlane] = controllers;
  return boxes.reduce<readonly Node[]>((before, { planned, box }) => {
    const upgradedAfter = upgrading
      ? [...controllers.map((each) => each.apiReady), ...before.map((node) => node.settled)]
      : [];
    // Deletions come in reverse order, so nodes are removed one at a time, the highest number first.
    const order = { upgradedAfter, removedBefore: before.at(-1)?.settled };
    return [...before, new Node(`${planned.name}-node`, { ...shared, ...order, controlPlane, planned, box })];
  }, []);
}

function onController(script: string, ...words: readonly string[]): string {
  return commandLine("sudo", `/opt/inaetics/vagrant/scripts/${script}`, ...words);
}

/** Returns a text that changes with every program that the node runs. */
function fingerprint({ programs }: NodeArgs): string {
  return formatVersions(programs.versions.node).trim().replaceAll("\n", " ");
}
