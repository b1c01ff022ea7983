/**
 * The plan of a cluster: every box with its name and address, computed from the settings. Pure.
 */
import * as ipaddr from "ipaddr.js";
import type { Settings } from "./settings";

/** A box of the plan. */
export interface PlannedBox {
  /** `controller` or `node-<i>`; also the Kubernetes node's name. */
  readonly name: string;
  /** IPv4 address on the cluster's subnet. */
  readonly address: string;
}

/** Facts about a cluster that follow from its settings. */
export interface Plan {
  /** `inaetics-<stack>`: the prefix of everything that is made on the workstation. */
  readonly cluster: string;
  readonly controller: PlannedBox;
  /** The nodes by name. */
  readonly nodes: Readonly<Record<string, PlannedBox>>;
  /** First address of the service network: the API server's Service. */
  readonly apiServiceAddress: string;
  /** Tenth address of the service network: the cluster's DNS. */
  readonly dnsAddress: string;
  /** `host:port` of the registry. */
  readonly registry: string;
  readonly apiServer: string;
  readonly etcd: string;
  readonly clusterDomain: string;
}

const controllerOffset = 20;
const firstNodeOffset = 31;

/** Returns the address that lies `offset` above the network's first one. */
export function addressAt(cidr: string, offset: number): string {
  const bytes = ipaddr.IPv4.networkAddressFromCIDR(cidr).toByteArray();
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0) + offset;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** Computes the plan of a stack's cluster. */
export function planCluster(settings: Settings, stack: string): Plan {
  const controller: PlannedBox = { name: "controller", address: addressAt(settings.subnet, controllerOffset) };
  const nodes = Array.from({ length: settings.nodes }, (_, index): PlannedBox => ({
    name: `node-${index + 1}`,
    address: addressAt(settings.subnet, firstNodeOffset + index),
  }));
  return {
    cluster: `inaetics-${stack}`,
    controller,
    nodes: Object.fromEntries(nodes.map((node) => [node.name, node])),
    apiServiceAddress: addressAt(settings.serviceNetwork, 1),
    dnsAddress: addressAt(settings.serviceNetwork, 10),
    registry: `${controller.address}:5000`,
    apiServer: `https://${controller.address}:6443`,
    etcd: `https://${controller.address}:2379`,
    clusterDomain: "cluster.local",
  };
}

/** Returns the address of a page that is served on a port of every box. */
export function pageAddress(box: PlannedBox, port: number): string {
  return `http://${box.address}${port === 80 ? "" : `:${port}`}/`;
}
