import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { command as commandLine } from "@inaetics/base";
import { Condition } from "./Condition";
import { Node } from "./Node";
import { passDown } from "../options";
import type { VagrantBox } from "../box/VagrantBox";

/** A configured box of the pod network. */
export interface NetworkBox {
  readonly box: VagrantBox;
  /** Changes when the box was configured again. */
  readonly revision: pulumi.Output<string>;
  readonly applied: pulumi.Resource;
}

/** Arguments of a {@link PodNetwork}. */
export interface PodNetworkArgs {
  /** All boxes. Those that are no {@link Node} have no pods, but reach those of the nodes. */
  readonly boxes: readonly NetworkBox[];
  /** `vxlan` or `host-gw`. A change moves the boxes one by one. */
  readonly backend: string;
  /** Ready when the network's key is in etcd. */
  readonly key: pulumi.Resource;
  /** Ready when the nodes are. */
  readonly ready: pulumi.Resource;
}

/**
 * The overlay network between the boxes: all of them use the same network and backend, and each pair of nodes exchanges packets.
 * flanneld reads them only when it starts, so a change starts it again, on one box after the other.
 */
export class PodNetwork extends pulumi.ComponentResource {
  /** Resources to depend on: each proves that one box reaches the pods of all others. */
  readonly connected: readonly pulumi.Resource[];

  constructor(name: string, args: PodNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:cluster:PodNetwork", name, {}, opts);
    const { boxes } = args;
    const nodes = boxes.filter((each) => each instanceof Node);
    const configured = [args.key, ...boxes.map(({ applied }) => applied)];
    const step = (
      action: "roll" | "sweep",
      each: NetworkBox,
      after: readonly pulumi.Resource[],
    ): command.remote.Command =>
      new command.remote.Command(
        `${name}-${each.box.name}-${action}`,
        {
          connection: each.box.connection,
          create: pulumi.interpolate`${commandLine("sudo", "/opt/inaetics/vagrant/scripts/flannel-backend", action)} # ${args.backend} ${each.revision}`,
          addPreviousOutputInEnv: false,
        },
        { parent: this, deletedWith: each.box.machine, dependsOn: [...after] },
      );
    const rolled = boxes.reduce<readonly pulumi.Resource[]>(
      (before, each) => [...before, step("roll", each, [...configured, ...before.slice(-1)])],
      [],
    );
    const swept = boxes.map((each) => step("sweep", each, rolled));
    const revision = pulumi.all(boxes.map((each) => each.revision)).apply((all) => [args.backend, ...all].join(" "));
    this.connected = boxes.flatMap((each) => {
      const peers = nodes.filter((peer) => peer !== each).map((peer) => peer.box.address);
      if (peers.length === 0) return [];
      return new Condition(
        `${name}-${each.box.name}-traffic`,
        { box: each.box, conditions: [`pod-network=${peers.join(",")}`], revision, timeout: 60 },
        { parent: this, ...passDown({ dependsOn: [args.ready, ...swept] }) },
      ).met;
    });
    this.registerOutputs({});
  }
}
