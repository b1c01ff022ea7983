import { setTimeout as sleep } from "node:timers/promises";
import { Context, getObjects, kubectl, namespace } from "@inaetics/stack";
import { createProgress, Failure, Progress, withStep } from "@inaetics/workstation";
import { messageOf } from "@inaetics/base";
import { AgentPod, agentPods, fleet, PodObject, selectorOf } from "./pods";
import { type AgentKind, controllerOf, agentKinds } from "@inaetics/model";

/** Highest number of free agents of each kind. */
export const mostAgents = 16;

type Counts = Readonly<Record<AgentKind, number>>;

/** Counts as typed on the command line. */
export type GivenCounts = Readonly<Record<AgentKind, string>>;

/** Milliseconds within which agents must be ready, or gone. */
const deadlines = { ready: 180_000, gone: 60_000 };

/** Reads a count from the command line. Throws a Failure for anything but a whole number from 0 to 16. */
export function parseCount(kind: AgentKind, given: string): number {
  const value = /^\d+$/.test(given) ? Number(given) : NaN;
  if (value <= mostAgents) return value;
  throw new Failure(
    `--${kind}: got "${given}"; allowed: whole numbers from 0 to ${mostAgents}`,
    "Nothing was changed.",
  );
}

/** Starts free agents, as many of each kind as given, and waits until they are ready. */
export async function startAgents(context: Context, given: GivenCounts): Promise<void> {
  const counts: Counts = { felix: parseCount("felix", given.felix), celix: parseCount("celix", given.celix) };
  await scaleFleet(context, counts, createProgress());
}

/** Stops all free agents and waits until they are gone. */
export async function stopAgents(context: Context): Promise<void> {
  await scaleFleet(context, { felix: 0, celix: 0 }, createProgress());
}

/** Sets the numbers of free agents and waits until these agents are ready and all others are gone. */
async function scaleFleet(context: Context, counts: Counts, progress: Progress): Promise<void> {
  for (const kind of agentKinds) await setReplicas(context, fleet[kind], counts[kind]);
  const total = counts.felix + counts.celix;
  const name = total === 0 ? "agents gone" : "agents ready";
  await withStep(progress, name, async (step) => {
    const deadline = Date.now() + (total === 0 ? deadlines.gone : deadlines.ready);
    for (;;) {
      const pods = await fleetPods(context);
      const open = agentKinds.filter((kind) => !settled(pods, kind, counts[kind]));
      const text = agentKinds.map((kind) => describe(pods, kind, counts[kind])).join(", ");
      step.detail(text);
      if (open.length === 0) {
        step.done(text);
        break;
      }
      if (Date.now() > deadline) throw late(text, pods);
      await sleep(1000);
    }
  });
}

async function setReplicas(context: Context, role: string, count: number): Promise<void> {
  const controller = `replicationcontroller/${controllerOf(role)}`;
  try {
    await kubectl(context, ["scale", controller, `--namespace=${namespace}`, `--replicas=${count}`]);
  } catch (error) {
    throw new Failure(`${controller} cannot be scaled: ${messageOf(error)}`, "Run: ./cluster status");
  }
}

async function fleetPods(context: Context): Promise<readonly AgentPod[]> {
  const selector = `--selector=${selectorOf(Object.values(fleet))}`;
  return agentPods(await getObjects<PodObject>(context, ["pods", `--namespace=${namespace}`, selector]));
}

/** True when the requested number of agents is ready and no other agent is left. Pure. */
export function settled(pods: readonly AgentPod[], kind: AgentKind, count: number): boolean {
  const own = pods.filter((pod) => pod.kind === kind);
  return own.length === count && own.every(({ ready }) => ready);
}

/** `felix 1 of 2 ready, 1 ending`. Pure. */
export function describe(pods: readonly AgentPod[], kind: AgentKind, count: number): string {
  const own = pods.filter((pod) => pod.kind === kind);
  const ending = own.length - own.filter((pod) => !pod.ending).length;
  const ready = `${kind} ${own.filter((pod) => pod.ready).length} of ${count} ready`;
  return ending === 0 ? ready : `${ready}, ${ending} ending`;
}

function late(text: string, pods: readonly AgentPod[]): Failure {
  const reasons = pods.filter(({ ready }) => !ready).map(({ pod, reason }) => `${pod}: ${reason ?? "unknown"}`);
  return new Failure(
    [`the agents are not complete in time: ${text}`, ...reasons].join("\n"),
    "The cluster continues by itself. Check it again with: ./cluster agents status",
  );
}
