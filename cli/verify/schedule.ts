/** A random schedule of faults, the same for the same seed. Pure. */
import { seededRandom } from "@inaetics/base";
import { Failure } from "@inaetics/workstation";
import { catalogue, type Fault } from "../faults/catalogue";
import { podRoles, type Scene } from "../faults/scene";

/** A fault of a schedule. */
export interface Planned {
  readonly fault: Fault;
  readonly target: string;
  /** Undefined for a fault of a moment. */
  readonly seconds: number | undefined;
  /** Calm seconds after the recovery from the fault before it. */
  readonly calm: number;
}

/** Faults that the schedule has unless others are named: a cluster without special kernel modules can have all. */
export const usualFaults = [
  "kill",
  "freeze",
  "stop",
  "pod-kill",
  "halt",
  "partition",
  "etcd-quota",
  "all-boxes",
] as const;

/** Calm seconds at least and at most. */
const [leastCalm, mostCalm] = [3, 10];

/**
 * Returns an endless schedule. One fault comes after the recovery from the other, so that a minority of brokers is away at
 * most. The faults take turns in a random order, and each target of a fault is as likely as the others.
 */
export function* schedule(
  scene: Scene,
  seed: number,
  names: readonly string[] = usualFaults,
): Generator<Planned, never> {
  const faults = chooseFaults(scene, names);
  const random = seededRandom(seed);
  const pick = (count: number) => Math.floor(random() * count);
  for (;;) {
    const turn = [...faults];
    while (turn.length > 0) {
      const [fault] = turn.splice(pick(turn.length), 1);
      const targets = fault === undefined ? [] : scheduledTargets(fault, scene);
      const target = targets[pick(targets.length)];
      if (fault === undefined || target === undefined) continue;
      const seconds = fault.seconds === null ? undefined : Math.max(2, Math.round(fault.seconds * (0.5 + random())));
      yield { fault, target, seconds, calm: leastCalm + pick(mostCalm - leastCalm + 1) };
    }
  }
}

/** Returns the named faults. Throws a Failure for a name that is unknown, or a fault that the cluster cannot have. */
export function chooseFaults(scene: Scene, names: readonly string[]): readonly Fault[] {
  return names.map((name) => {
    const fault = catalogue.find((each) => each.name === name);
    const refusal = fault === undefined ? "is not known" : fault.refusal?.(scene);
    if (fault !== undefined && refusal === undefined) return fault;
    const allowed = catalogue.filter((each) => each.refusal?.(scene) === undefined).map((each) => each.name);
    throw new Failure(
      `--faults: got "${name}", which ${refusal ?? ""}; allowed: ${allowed.join(", ")}`,
      "Run: ./cluster fault list",
    );
  });
}

/**
 * Returns the targets of a schedule. Pods have new names after each loss, so roles stand for them; only brokers keep
 * their names. An agent of the demonstrator's free fleet has no work.
 */
export function scheduledTargets(fault: Fault, scene: Scene): readonly string[] {
  const roles = Object.keys(podRoles);
  const named = new Set(scene.pods.map(({ name }) => name).filter((name) => !/^inaetics-queue-\d+$/.test(name)));
  return fault
    .targets(scene)
    .filter(
      (target) => !named.has(target) && target !== "broker" && !(roles.includes(target) && target.startsWith("agent")),
    );
}

/** Describes a planned fault: `partition of node-1 for 30 s`. */
export function describePlanned({ fault, target, seconds }: Planned): string {
  return `${fault.name} of ${target}${seconds === undefined ? "" : ` for ${seconds} s`}`;
}
