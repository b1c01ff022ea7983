import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "@inaetics/stack";
import { limits, type Recovery } from "../faults/catalogue";
import { injectFault, readScene } from "../faults/inject";
import type { Injection } from "../faults/plan";
import { podOf, type Scene, nodesOf } from "../faults/scene";
import { longestSilence, type Lost, lostPods, type Recovered, unmet } from "./recovery";
import { describePlanned, type Planned } from "./schedule";
import type { Session } from "./session";

/** Longest wait for all parts after a fault, in ms. */
const WHOLE_MS = 240_000;

/** Injects a fault, and measures the time until the cluster is as before. */
export async function measure(context: Context, session: Session, planned: Planned): Promise<Recovered> {
  const { watch, ledger } = session;
  const before = watch.now();
  const nodes = nodesOf(session.scene);
  // Pods have other names than at the beginning. While the API server is away, those of the last reading are used.
  const scene = await readScene(context).then((read) => (read.pods.length > 0 ? read : session.scene));
  const from = Date.now();
  const injection = await injectFault(context, scene, planned.fault.name, planned.target, planned.seconds);
  const endedAt = injection.seconds === null ? from : Date.now() + injection.seconds * 1000;
  const part = injection.fault.recovery(injection.target);
  const lost = lostPods(before, hitBy(injection, scene));
  const deadline = endedAt + WHOLE_MS;
  const back = partBack(session, part, injection, lost, endedAt, deadline);
  if (endedAt > Date.now()) await sleep(endedAt - Date.now());
  const wholeAt = await whole(session, nodes, lost, injection, deadline);
  // The API server reports pods of a dead box as ready for a while; puts that are answered prove the whole.
  const backAt = part === "cluster" ? wholeAt : await back;
  const answers = ledger.events.flatMap(({ kind, at }) => (kind === "acknowledged" ? [at] : []));
  const silence = longestSilence(answers, from, Math.max(wholeAt ?? deadline, endedAt));
  const began = startOfClock(part, injection, from, endedAt);
  const ms = part === "broker" ? silence : backAt === undefined ? null : Math.max(0, backAt - began);
  return {
    fault: describePlanned(planned),
    part,
    from,
    endedAt,
    wholeAt: wholeAt ?? null,
    seconds: ms === null ? null : Math.round(ms / 100) / 10,
    limit: limits[part],
    missing: wholeAt === undefined ? unmet(watch.now(), new Map(), nodes) : [],
  };
}

/** A node's and a pod's loss count from the injection: others take over. A controller's and all boxes' from the end. */
function startOfClock(part: Recovery, { fault }: Injection, from: number, endedAt: number): number {
  const takenOver = part === "node" && (fault.name === "halt" || fault.name === "partition");
  return part === "pod" || takenOver ? from : endedAt;
}

function hitBy({ fault, target }: Injection, scene: Scene): { readonly pod?: string; readonly node?: string } {
  if (fault.name === "halt" || (fault.name === "partition" && !/[,>]/.test(target))) return { node: target };
  const isPod = fault.name === "pod-kill" || fault.name === "kill" || fault.name === "freeze";
  const pod = isPod && !target.includes("@") ? podOf(scene, target)?.name : undefined;
  return pod === undefined ? {} : { pod };
}

/** Waits until the part that was hit works again. Returns the time; undefined when it does not in time. */
async function partBack(
  { watch }: Session,
  part: Recovery,
  { fault }: Injection,
  lost: Lost,
  endedAt: number,
  deadline: number,
): Promise<number | undefined> {
  // A frozen pod may continue with the same container.
  const gone: Lost = fault.name === "freeze" ? new Map() : lost;
  if (part === "pod" || part === "node") {
    return watch.until(deadline, (reading) => unmet(reading, gone, undefined).length === 0);
  }
  if (endedAt > Date.now()) await sleep(endedAt - Date.now());
  return part === "controller" ? untilWritable(watch, deadline) : undefined;
}

async function untilWritable(watch: Session["watch"], deadline: number): Promise<number | undefined> {
  while (Date.now() < deadline) {
    const done = await watch.write().then(
      () => true,
      () => false,
    );
    if (done) return Date.now();
    await sleep(250);
  }
  return undefined;
}

/** Waits until every node and pod is as requested and puts are answered. */
async function whole(
  { watch, ledger }: Session,
  nodes: readonly string[],
  lost: Lost,
  { fault }: Injection,
  deadline: number,
): Promise<number | undefined> {
  // The pod of a killed process has restarted; those of a lost box may be back with the same name.
  const gone: Lost = fault.name === "kill" || fault.name === "pod-kill" ? lost : new Map();
  const since = Date.now();
  return watch.until(
    deadline,
    (reading) => unmet(reading, gone, nodes).length === 0 && (ledger.lastAnswerAt ?? 0) > since - 1000,
  );
}
