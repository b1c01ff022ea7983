/**
 * The plan of a cluster: every box with its name and address, computed from the settings. Pure.
 */
import * as ipaddr from "ipaddr.js";
import type { Settings } from "./settings";

/** A box of the plan. */
export interface PlannedBox {
  /** `controller`, `controller-<i>` or `node-<i>`; the last is also the Kubernetes node's name. */
  readonly name: string;
  /** IPv4 address on the cluster's subnet. */
  readonly address: string;
}

/** Facts about a cluster that follow from its settings. */
export interface Plan {
  /** `inaetics-<stack>`: the prefix of everything that is made on the workstation. */
  readonly cluster: string;
  /** First controller: it builds the images, and its address stands in all names of the registry. */
  readonly controller: PlannedBox;
  /** All controllers, the first one included. */
  readonly controllers: readonly PlannedBox[];
  /** The nodes by name. */
  readonly nodes: Readonly<Record<string, PlannedBox>>;
  /** First address of the service network: the API server's Service. */
  readonly apiServiceAddress: string;
  /** Tenth address of the service network: the cluster's DNS. */
  readonly dnsAddress: string;
  /** `host:port` of the registry. */
  readonly registry: string;
  /** URL of the first controller's API server. */
  readonly apiServer: string;
  /** URL of the API server as boxes reach it: the only one, or the box's own balancer among all. */
  readonly boxApiServer: string;
  /** URL of the first controller's etcd. */
  readonly etcd: string;
  /** URLs of all members of etcd. */
  readonly etcdMembers: readonly string[];
  readonly clusterDomain: string;
}

const controllerOffset = 20;
const firstNodeOffset = 31;
/** Port of each box's own balancer among the API servers, on its loopback address. */
const balancerPort = 6444;

/** True for the name of a controller; other boxes are nodes. */
export function isControllerBox(box: string): boolean {
  return /^controller(-\d+)?$/.test(box);
}

/** Returns the address that lies `offset` above the network's first one. */
export function addressAt(cidr: string, offset: number): string {
  const bytes = ipaddr.IPv4.networkAddressFromCIDR(cidr).toByteArray();
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0) + offset;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** Computes the plan of a stack's cluster. */
export function planCluster(settings: Settings, stack: string): Plan {
  const controller: PlannedBox = { name: "controller", address: addressAt(settings.subnet, controllerOffset) };
  const further = Array.from({ length: settings.controllers - 1 }, (_, index): PlannedBox => ({
    name: `controller-${index + 2}`,
    address: addressAt(settings.subnet, controllerOffset + index + 1),
  }));
  const controllers = [controller, ...further];
  const apiServer = apiServerAt(controller);
  const nodes = Array.from({ length: settings.nodes }, (_, index): PlannedBox => ({
    name: `node-${index + 1}`,
    address: addressAt(settings.subnet, firstNodeOffset + index),
  }));
  return {
    cluster: `inaetics-${stack}`,
    controller,
    controllers,
    nodes: Object.fromEntries(nodes.map((node) => [node.name, node])),
    apiServiceAddress: addressAt(settings.serviceNetwork, 1),
    dnsAddress: addressAt(settings.serviceNetwork, 10),
    registry: `${controller.address}:5000`,
    apiServer,
    boxApiServer: controllers.length === 1 ? apiServer : `https://127.0.0.1:${balancerPort}`,
    etcd: etcdAt(controller),
    etcdMembers: controllers.map(etcdAt),
    clusterDomain: "cluster.local",
  };
}

/** Returns the URL of a controller's API server. */
export function apiServerAt(box: PlannedBox): string {
  return `https://${box.address}:6443`;
}

function etcdAt(box: PlannedBox): string {
  return `https://${box.address}:2379`;
}

/** Returns all boxes of a plan, controllers first. */
export function boxesOf(plan: Plan): readonly PlannedBox[] {
  return [...plan.controllers, ...Object.values(plan.nodes)];
}

/** Returns the address of a page that is served on a port of every box. */
export function pageAddress(box: PlannedBox, port: number): string {
  return `http://${box.address}${port === 80 ? "" : `:${port}`}/`;
}
