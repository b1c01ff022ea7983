/** The parts of a cluster that faults can hit, and their names as targets. Pure. */
import { isControllerBox } from "@inaetics/model/cluster";
import { controllerOf, groupOf, podLabelOf, VIEWER } from "@inaetics/model";

/** A pod of the demonstrator. */
export interface ScenePod {
  readonly name: string;
  /** Value of its label `name`. */
  readonly label: string;
  readonly uid: string;
  readonly node: string;
}

/** A cluster as far as faults need it. */
export interface Scene {
  /** `inaetics-<stack>`: the prefix of containers. */
  readonly cluster: string;
  /** True when the boxes are containers of this machine's docker. */
  readonly containers: boolean;
  /** Addresses of all boxes by name. */
  readonly boxes: Readonly<Record<string, string>>;
  readonly pods: readonly ScenePod[];
}

const controllerUnits: Readonly<Record<string, string>> = {
  etcd: "etcd",
  apiserver: "kube-apiserver",
  "controller-manager": "kube-controller-manager",
  scheduler: "kube-scheduler",
  registry: "registry",
  coredns: "coredns",
};
const nodeUnits = ["containerd", "kubelet"] as const;
const boxUnits = ["flanneld", "kube-proxy"] as const;

/** Labels of the pods of each role. */
export const podRoles: Readonly<Record<string, string>> = {
  broker: "inaetics-queue-broker-pod",
  "queue-agent": podLabelOf("inaetics-queue"),
  viewer: podLabelOf(VIEWER),
  provisioning: "ace-provisioning-pod",
  producer: podLabelOf(groupOf("producer", "felix")),
  "producer-celix": podLabelOf(groupOf("producer", "celix")),
  processor: podLabelOf(groupOf("processor", "felix")),
  "processor-celix": podLabelOf(groupOf("processor", "celix")),
  agent: podLabelOf(groupOf("agent", "felix")),
  "agent-celix": podLabelOf(groupOf("agent", "celix")),
};

/** A process of a box: a unit of systemd. */
export interface UnitTarget {
  readonly box: string;
  readonly unit: string;
}

/** Names of the nodes. */
export function nodesOf({ boxes }: Scene): readonly string[] {
  return Object.keys(boxes).filter((name) => !isControllerBox(name));
}

/** Names of all units as targets: `etcd`, `kubelet@node-1`. */
export function unitTargets(scene: Scene): readonly string[] {
  const on = (units: readonly string[], boxes: readonly string[]) =>
    units.flatMap((unit) => boxes.map((box) => `${unit}@${box}`));
  return [...Object.keys(controllerUnits), ...on(nodeUnits, nodesOf(scene)), ...on(boxUnits, Object.keys(scene.boxes))];
}

/** Returns the unit that a target names. */
export function unitOf(target: string): UnitTarget {
  const [name = "", box = "controller"] = target.split("@");
  return { box, unit: `${controllerUnits[name] ?? name}.service` };
}

/** Names of pods as targets: roles that have a pod, and the pods themselves. */
export function podTargets({ pods }: Scene): readonly string[] {
  const roles = Object.keys(podRoles).filter((role) => pods.some(({ label }) => label === podRoles[role]));
  return [...roles, ...pods.map(({ name }) => name)];
}

/** Returns the pod that a target names; of a role the first one. */
export function podOf({ pods }: Scene, target: string): ScenePod | undefined {
  return pods.find(({ name, label }) => name === target || label === podRoles[target]);
}

/** True when the target names a broker. */
export function isBroker(target: string): boolean {
  return target === "broker" || target.startsWith("inaetics-queue-")
    ? !target.startsWith(controllerOf("inaetics-queue"))
    : false;
}

/** Names of boxes, pairs and directions as targets: `node-1`, `node-1,node-2`, `node-1>node-2`. */
export function linkTargets({ boxes }: Scene): readonly string[] {
  const names = Object.keys(boxes);
  const pairs = names.flatMap((one, index) => names.slice(index + 1).map((other) => `${one},${other}`));
  const ways = names.flatMap((one) => names.filter((other) => other !== one).map((other) => `${one}>${other}`));
  return [...names, ...pairs, ...ways];
}
