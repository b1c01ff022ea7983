import * as pulumi from "@pulumi/pulumi";
import { Condition } from "./Condition";
import type { Controller } from "./Controller";
import type { FlannelNetwork } from "./FlannelNetwork";
import type { Node } from "./Node";
import { passDown } from "../options";
import { PodNetwork } from "./PodNetwork";

/** Parts of the cluster that pods need. */
export interface NodesArgs {
  /** The first one checks the nodes. */
  readonly controllers: readonly [Controller, ...Controller[]];
  readonly nodes: readonly Node[];
  readonly network: FlannelNetwork;
  /** Backend of the network. */
  readonly backend: string;
}

/** Waits until all nodes are Ready, use the network's backend and reach each other's pods. Returns resources to depend on. */
export function awaitNodes({ controllers, nodes, network, backend }: NodesArgs): readonly pulumi.Resource[] {
  const [controller] = controllers;
  const ready = new Condition(
    "nodes-ready",
    {
      box: controller.box,
      conditions: [`nodes=${nodes.length}`, "flannel", "coredns"],
      revision: pulumi.all([...controllers, ...nodes].map((part) => part.revision)).apply((all) => all.join(" ")),
      timeout: 240,
    },
    passDown({ dependsOn: [network, controller.apiReady, ...nodes.map((node) => node.applied)] }),
  );
  const podNetwork = new PodNetwork("pod-network", {
    boxes: [...controllers, ...nodes],
    backend,
    key: network,
    ready: ready.met,
  });
  return [ready.met, ...podNetwork.connected];
}
