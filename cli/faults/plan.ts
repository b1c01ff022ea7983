/** A fault as asked for: checked, with its commands. Pure. */
import { Failure } from "@inaetics/workstation";
import { type Action, catalogue, type Fault } from "./catalogue";
import type { Scene } from "./scene";

/** Longest duration in seconds. A longer one is a change of the cluster, not a fault. */
const longest = 3600;

/** A fault that can be injected. */
export interface Injection {
  readonly id: string;
  readonly fault: Fault;
  readonly target: string;
  /** Null for a moment. */
  readonly seconds: number | null;
  readonly actions: readonly Action[];
}

/** Returns the fault with this name. */
export function faultOf(name: string): Fault {
  const fault = catalogue.find((each) => each.name === name);
  if (fault !== undefined) return fault;
  throw new Failure(
    `no fault is called "${name}"; allowed: ${catalogue.map((each) => each.name).join(", ")}`,
    "Run: ./cluster fault list",
  );
}

/**
 * Plans a fault.
 * @param target may be absent where only one is allowed
 * @param seconds undefined for the fault's own duration
 * @throws Failure for a target or a duration that is not allowed, or a fault that this cluster cannot have
 */
export function planFault(
  scene: Scene,
  id: string,
  fault: Fault,
  target: string | undefined,
  seconds: number | undefined,
): Injection {
  const refusal = fault.refusal?.(scene);
  if (refusal !== undefined) throw new Failure(`${fault.name}: ${refusal}`, "Run: ./cluster fault list");
  const allowed = fault.targets(scene);
  const chosen = target ?? (allowed.length === 1 ? allowed[0] : undefined);
  if (chosen === undefined || !allowed.includes(chosen)) {
    const got = chosen === undefined ? "needs a target" : `got target "${chosen}"`;
    throw new Failure(
      `${fault.name}: ${got}; allowed: ${allowed.join(", ") || "none now"}`,
      `Run: ./cluster fault inject ${fault.name} --target TARGET`,
    );
  }
  if (fault.seconds === null && seconds !== undefined) {
    throw new Failure(`${fault.name} lasts a moment; allowed: no --for`, "Run it again without --for.");
  }
  const lasts = seconds ?? fault.seconds;
  return { id, fault, target: chosen, seconds: lasts, actions: fault.actions(scene, chosen, id) };
}

/** Reads a duration: `45s`, `10m`, `1h`; seconds without a unit. */
export function parseSeconds(text: string, most = longest): number {
  const found = /^(\d+)(s|m|h)?$/.exec(text);
  const seconds = Number(found?.[1] ?? NaN) * ({ s: 1, m: 60, h: 3600 }[found?.[2] ?? "s"] ?? 1);
  if (seconds >= 1 && seconds <= most) return seconds;
  throw new Failure(
    `duration: got "${text}"; allowed: 1s to ${most}s, such as 45s or 10m`,
    "Run it again with such a duration.",
  );
}
