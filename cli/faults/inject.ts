import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { command, messageOf, quote } from "@inaetics/base";
import { type Context, getObjects, namespace, pulumiEnvironment, stackOutputs, unattended } from "@inaetics/stack";
import { Failure, type Progress, run, tryRun, withStep } from "@inaetics/workstation";
import { runOnBox, sshArguments } from "../boxes/ssh";
import type { Action } from "./catalogue";
import { faultOf, type Injection, planFault } from "./plan";
import { activeFaults, recordFile, removeRecord, writeRecord } from "./record";
import type { Scene, ScenePod } from "./scene";
import { armTimer, healAll } from "./scripts";

/** Milliseconds for the commands of one fault: a box that is halted answers late. */
const commandMs = 60_000;

interface PodObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName?: string };
}

/** Reads the parts that faults can hit. Pods are missing while the API server does not answer. */
export async function readScene(context: Context): Promise<Scene> {
  const { nodes } = await stackOutputs(context);
  const boxes = (nodes ?? {}) as Readonly<Record<string, string>>;
  if (Object.keys(boxes).length === 0) throw new Failure(`stack ${context.stack} has no cluster`, "Run: ./cluster up");
  const items = await getObjects<PodObject>(context, ["pods", `--namespace=${namespace}`]).catch(() => []);
  const pods = items
    .filter(({ metadata, spec }) => metadata.deletionTimestamp === undefined && spec.nodeName !== undefined)
    .map(({ metadata, spec }): ScenePod => {
      return {
        name: metadata.name,
        uid: metadata.uid,
        label: metadata.labels?.["name"] ?? "",
        node: spec.nodeName ?? "",
      };
    });
  const container = await tryRun("docker", ["container", "inspect", `${context.cluster}-controller`]);
  return { cluster: context.cluster, containers: container.exitCode === 0, boxes, pods };
}

/** Injects a fault. It ends by itself, on the box, whatever happens to this process. Returns it with its end. */
export async function injectFault(
  context: Context,
  scene: Scene,
  name: string,
  target: string | undefined,
  seconds: number | undefined,
): Promise<Injection> {
  const injection = planFault(scene, randomBytes(4).toString("hex"), faultOf(name), target, seconds);
  for (const action of injection.actions) await checkNeeds(context, injection, action);
  if (injection.seconds !== null) record(context, injection, injection.seconds);
  try {
    for (const action of injection.actions) await perform(context, injection, action);
  } catch (error) {
    // Half a fault is healed at once.
    await healInjection(context, injection).catch(() => undefined);
    throw error;
  }
  return injection;
}

async function checkNeeds(context: Context, { fault, target }: Injection, { box, needs }: Action): Promise<void> {
  if (needs === undefined || box === null) return;
  await runOnBox(context, box, asRoot(needs.probe)).catch((error: unknown) => {
    throw new Failure(
      `${fault.name}: ${target} has not ${needs.missing}: ${messageOf(error).split("\n").at(-1) ?? ""}`,
      "Load it on this machine (modprobe), or choose another fault: ./cluster fault list",
    );
  });
}

function record(context: Context, { id, fault, target, actions }: Injection, seconds: number): void {
  const own = actions.find(({ box }) => box === null)?.heal;
  const from = Date.now();
  const times = { from, to: from + seconds * 1000 };
  writeRecord(context, { id, name: fault.name, target, ...times, ...(own === undefined ? {} : { heal: own }) });
}

async function perform(context: Context, { id, fault, target, seconds }: Injection, action: Action): Promise<void> {
  const { box, inject, heal } = action;
  if (box === null) {
    if (heal !== undefined) healLater(context, id, seconds ?? 0, heal);
    await onThisMachine(context, inject);
    return;
  }
  const about = `${fault.name} of ${target}`;
  // The timer comes first: a fault whose timer could not be set is not injected.
  const timer = heal === undefined || seconds === null ? [] : [armTimer(id, seconds, about, heal)];
  await runOnBox(context, box, asRoot(["set -e", ...timer, inject].join("\n")));
}

/** Runs a script as root in one shell. */
function asRoot(script: string): string {
  return command("sudo", "sh", "-c", script);
}

async function onThisMachine(context: Context, script: string): Promise<void> {
  await run("sh", ["-c", script], { env: pulumiEnvironment(context, process.env), timeout: commandMs });
}

/** Starts a process that outlives this one. It ends the fault unless the record was removed before. */
function healLater(context: Context, id: string, seconds: number, heal: string): void {
  const file = quote(recordFile(context, id));
  const script = `sleep ${seconds}; [ -e ${file} ] || exit 0; ${heal}; rm -f ${file}`;
  spawn("sh", ["-c", script], { detached: true, stdio: "ignore" }).unref();
}

async function healInjection(context: Context, { id, actions }: Injection): Promise<void> {
  for (const { box, heal } of actions) {
    if (heal !== undefined && box !== null) await runOnBox(context, box, asRoot(heal));
    if (heal !== undefined && box === null) await onThisMachine(context, heal);
  }
  removeRecord(context, id);
}

/** Ends all faults now: those recorded here, and those that boxes know. Throws a Failure that names boxes without an answer. */
export async function healFaults(context: Context, progress: Progress): Promise<void> {
  for (const { id, heal } of activeFaults(context)) {
    if (heal !== undefined) await onThisMachine(context, heal);
    removeRecord(context, id);
  }
  const { nodes } = await stackOutputs(context);
  await withStep(progress, "ending the faults of all boxes", async () => {
    const names = Object.keys(nodes ?? {});
    const problems = await Promise.all(names.map((box) => healBox(context, box)));
    const found = problems.filter((each) => each !== undefined);
    if (found.length > 0) throw new Failure(found.join("\n"), "A box that does not answer is started by: ./cluster up");
  });
}

/** Polls for a while, because a box that was just started answers late. */
async function healBox(context: Context, box: string): Promise<string | undefined> {
  const deadline = Date.now() + commandMs;
  for (;;) {
    const args = await sshArguments(context, box, [asRoot(healAll)]);
    const answer = await tryRun("ssh", [...unattended, ...args], { timeout: commandMs });
    if (answer.exitCode === 0) return undefined;
    if (Date.now() > deadline) return `${box}: ${answer.problem ?? answer.stderr.trim()}`;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
