/** All faults: effect, targets, commands, expected recovery. Pure. */
import { command } from "@inaetics/base";
import { isControllerBox } from "@inaetics/model/cluster";
import * as scripts from "./scripts";
import { isBroker, linkTargets, nodesOf, podOf, podTargets, type Scene, unitOf, unitTargets } from "./scene";

/** Commands of one place: root's shell on a box, or the shell of this machine. */
export interface Action {
  /** Name of a box; null for this machine. */
  readonly box: string | null;
  readonly inject: string;
  /** Absent when the cluster recovers without help. */
  readonly heal?: string;
  /** Command that fails where the fault cannot be injected, and what is missing then. */
  readonly needs?: { readonly probe: string; readonly missing: string };
}

/** Parts of a cluster by their time to recover. */
export type Recovery = "pod" | "node" | "controller" | "broker" | "cluster";

/** Seconds within which each part must be back: after the loss of a pod, a node or a broker, after the end of other faults. */
export const limits: Readonly<Record<Recovery, number>> = { pod: 5, node: 20, controller: 30, broker: 3, cluster: 60 };

export interface Fault {
  readonly name: string;
  /** Effect, for `fault list`. */
  readonly about: string;
  /** Allowed targets. */
  readonly targets: (scene: Scene) => readonly string[];
  /** Seconds after which it ends by itself unless others are given; null for a moment. */
  readonly seconds: number | null;
  readonly recovery: (target: string) => Recovery;
  readonly actions: (scene: Scene, target: string, id: string) => readonly Action[];
  /** Reason why the cluster cannot have it. */
  readonly refusal?: (scene: Scene) => string | undefined;
}

const processTargets = (scene: Scene) => [...unitTargets(scene), ...podTargets(scene)];

/** Part that a process belongs to. */
function partOf(target: string): Recovery {
  if (isBroker(target)) return "broker";
  if (target.includes("@")) return "node";
  return /^(etcd|apiserver|controller-manager|scheduler|registry|coredns)$/.test(target) ? "controller" : "pod";
}

/** Signals a unit's main process, or the processes of a pod. */
function signal(scene: Scene, target: string, name: string): { readonly box: string; readonly script: string } {
  const pod = unitTargets(scene).includes(target) ? undefined : podOf(scene, target);
  if (pod !== undefined) return { box: pod.node, script: scripts.signalPod(pod.uid, name) };
  const { box, unit } = unitOf(target);
  return { box, script: scripts.signalUnit(unit, name) };
}

function partition(scene: Scene, target: string, id: string): readonly Action[] {
  const heal = scripts.passPeers(id);
  const drop = (box: string, others: readonly string[], oneWay = false): Action => {
    const peers = others.map((other) => scene.boxes[other] ?? "");
    return { box, inject: scripts.dropPeers(id, peers, oneWay), heal };
  };
  const [from, to] = target.split(">");
  if (from !== undefined && to !== undefined) return [drop(to, [from], true)];
  const [one = "", other] = target.split(",");
  return [drop(one, other === undefined ? Object.keys(scene.boxes).filter((name) => name !== one) : [other])];
}

function netem(effect: readonly string[]): Fault["actions"] {
  return (scene, box) => {
    const address = scene.boxes[box] ?? "";
    const needs = { probe: scripts.probeNetem, missing: "the kernel's module sch_netem" };
    return [{ box, inject: scripts.shape(address, effect), heal: scripts.unshape(address), needs }];
  };
}

function power(scene: Scene, boxes: readonly string[]): readonly Action[] {
  const names = boxes.map((box) => `${scene.cluster}-${box}`);
  return [{ box: null, inject: command("docker", "kill", ...names), heal: command("docker", "start", ...names) }];
}

const onlyContainers = ({ containers }: Scene) =>
  containers ? undefined : "boxes that are virtual machines are halted by Vagrant; allowed: boxProvider docker";
const boxes = (scene: Scene) => Object.keys(scene.boxes);
const roleOfBox = (box: string): Recovery => (isControllerBox(box) ? "controller" : "node");

export const catalogue: readonly Fault[] = [
  {
    name: "kill",
    about: "SIGKILL of a process of a box or of a pod",
    targets: processTargets,
    seconds: null,
    recovery: partOf,
    actions: (scene, target) => {
      const { box, script } = signal(scene, target, "KILL");
      return [{ box, inject: script }];
    },
  },
  {
    name: "freeze",
    about: "SIGSTOP of a process of a box or of a pod, SIGCONT at the end",
    targets: processTargets,
    seconds: 20,
    recovery: partOf,
    actions: (scene, target) => {
      const { box, script } = signal(scene, target, "STOP");
      return [{ box, inject: script, heal: signal(scene, target, "CONT").script }];
    },
  },
  {
    name: "stop",
    about: "a unit of a box is stopped and stays away: no registry, no etcd, no kubelet",
    targets: unitTargets,
    seconds: 30,
    recovery: partOf,
    actions: (_, target) => {
      const { box, unit } = unitOf(target);
      return [{ box, inject: command("systemctl", "stop", unit), heal: command("systemctl", "start", unit) }];
    },
  },
  {
    name: "pod-kill",
    about: "a pod is deleted by force; its controller makes another",
    targets: podTargets,
    seconds: null,
    recovery: (target) => (isBroker(target) ? "broker" : "pod"),
    actions: (scene, target) => {
      const pod = podOf(scene, target)?.name ?? target;
      const words = ["delete", "pod", "--namespace=inaetics", pod, "--grace-period=0", "--force", "--wait=false"];
      return [{ box: null, inject: command("kubectl", ...words) }];
    },
  },
  {
    name: "halt",
    about: "a box loses its power: all its processes die at once, and it starts again at the end",
    targets: boxes,
    seconds: 40,
    recovery: roleOfBox,
    actions: (scene, box) => power(scene, [box]),
    refusal: onlyContainers,
  },
  {
    name: "all-boxes",
    about: "all boxes lose their power at once, and start again at the end",
    targets: () => ["all"],
    seconds: 2,
    recovery: () => "cluster",
    actions: (scene) => power(scene, boxes(scene)),
    refusal: onlyContainers,
  },
  {
    name: "partition",
    about: "no packet passes between a box and all others, between a pair (a,b), or one way (a>b)",
    targets: linkTargets,
    seconds: 30,
    recovery: (target) => (/[,>]/.test(target) ? "cluster" : roleOfBox(target)),
    actions: partition,
  },
  {
    name: "delay",
    about: "a box's packets are late by 100 ms, give or take 20 ms",
    targets: boxes,
    seconds: 30,
    recovery: () => "cluster",
    actions: netem(["delay", "100ms", "20ms"]),
  },
  {
    name: "loss",
    about: "5 of 100 packets of a box are lost",
    targets: boxes,
    seconds: 30,
    recovery: () => "cluster",
    actions: netem(["loss", "5%"]),
  },
  {
    name: "slow-disk",
    about: "etcd or containerd of a node write 200 kB/s",
    targets: (scene) => ["etcd", ...nodesOf(scene).map((node) => `containerd@${node}`)],
    seconds: 30,
    recovery: () => "cluster",
    actions: (_, target) => {
      const { box, unit } = unitOf(target);
      const needs = { probe: scripts.probeIo, missing: "the controller `io` of control groups, version 2" };
      return [{ box, inject: scripts.limitWrites(unit, "200K"), heal: scripts.limitWrites(unit, undefined), needs }];
    },
  },
  {
    name: "full-disk",
    about: "a box's disk has 1 MiB left",
    targets: boxes,
    seconds: 30,
    recovery: () => "cluster",
    actions: (_, box) => [{ box, inject: scripts.fillDisk, heal: scripts.emptyDisk }],
    refusal: ({ containers }) =>
      containers ? "boxes that are containers share this machine's disk; allowed: virtual machines" : undefined,
  },
  {
    name: "clock-step",
    about: "a box's clock is 60 s ahead, and set back at the end",
    targets: boxes,
    seconds: 30,
    recovery: () => "cluster",
    actions: (_, box) => [{ box, inject: scripts.stepClock(60), heal: scripts.stepClock(-60) }],
    refusal: ({ containers }) =>
      containers ? "boxes that are containers share this machine's clock; allowed: virtual machines" : undefined,
  },
  {
    name: "etcd-quota",
    about: "etcd has no room left and refuses all writes",
    targets: () => ["etcd"],
    seconds: 30,
    recovery: () => "controller",
    actions: () => [{ box: "controller", inject: scripts.exhaustEtcd, heal: scripts.relieveEtcd }],
  },
];
