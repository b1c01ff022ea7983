/** Finds differences of the cluster from the recorded deployment, cheaply: one request for an object, one ssh for a box. */
import { callApi } from "../../components/kubernetes/client";
import { messageOf } from "@inaetics/base";
import { isControllerBox } from "@inaetics/model/cluster";
import { Context, livingKubeconfig, recordedResources, surveyBox } from "@inaetics/stack";
import type { BoxState } from "../boxes/states";
import { describeDrift } from "./judge";
import {
  compareObject,
  objectPath,
  otherOwners,
  recordedObjects,
  type FoundObject,
  type ObjectDrift,
  type RecordedObject,
} from "./objects";

/** Requests that are under way at the same time. */
const parallel = 8;
/** Milliseconds for the first answer of the API server. */
const answerMs = 4000;

/** Result of a comparison of all objects. */
export interface ObjectReport {
  readonly drifts: readonly ObjectDrift[];
  /** Other programs that own fields of the objects. */
  readonly owners: readonly string[];
  /** Reason why the objects cannot be read. */
  readonly problem?: string;
}

const nothing: ObjectReport = { drifts: [], owners: [] };

/**
 * Compares all objects that the program made. Never throws.
 * @param kubeconfigOf returns the kubeconfig whose first cluster is asked
 */
export async function findObjectDrift(
  context: Context,
  kubeconfigOf: (context: Context) => Promise<string | undefined>,
): Promise<ObjectReport> {
  try {
    const objects = recordedObjects(recordedResources(context));
    if (objects.length === 0) return nothing;
    const kubeconfig = await kubeconfigOf(context);
    if (kubeconfig === undefined) return nothing;
    await inTime(callApi(kubeconfig, "GET", "/readyz"));
    return await compareAll(kubeconfig, objects);
  } catch (error) {
    const problem = `objects were not compared, because the API server does not answer: ${messageOf(error)}`;
    return { ...nothing, problem };
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${answerMs / 1000} s`)), answerMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function compareAll(kubeconfig: string, objects: readonly RecordedObject[]): Promise<ObjectReport> {
  const left = [...objects];
  const drifts: ObjectDrift[] = [];
  const owners = new Set<string>();
  const worker = async (): Promise<void> => {
    for (let object = left.shift(); object !== undefined; object = left.shift()) {
      const found = await read(kubeconfig, object);
      const drift = compareObject(object, found);
      if (drift !== undefined) drifts.push(drift);
      if (found !== undefined) otherOwners(object, found).forEach((owner) => owners.add(owner));
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  drifts.sort((one, other) => objects.indexOf(one.object) - objects.indexOf(other.object));
  return { drifts, owners: [...owners] };
}

async function read(kubeconfig: string, object: RecordedObject): Promise<FoundObject | undefined> {
  const path = objectPath(object);
  const { status, body } = await callApi(kubeconfig, "GET", path);
  if (status === 404) return undefined;
  if (status !== 200) throw new Error(`GET ${path}: ${status}`);
  return body as FoundObject;
}

/**
 * Finds all differences: of the boxes, of what is on them, of the traffic among them, and of the objects. Never throws.
 * @param addresses of all boxes by name, as the last update made them
 * @param boxes as docker shows them; empty for virtual machines
 * @returns a line for each difference
 */
export async function findDrift(
  context: Context,
  addresses: Readonly<Record<string, string>>,
  boxes: readonly BoxState[],
): Promise<readonly string[]> {
  const made = Object.keys(addresses);
  const running = runningBoxes(context, made, boxes).flatMap((name): [string, string][] => {
    const address = addresses[name];
    return address === undefined ? [] : [[name, address]];
  });
  const [objects, surveys] = await Promise.all([
    findObjectDrift(context, livingKubeconfig),
    surveyBoxes(context, running),
  ]);
  const { drifts, problem } = objects;
  const lines = [...boxProblems(context, made, boxes), ...surveys, ...drifts.flatMap(describeDrift)];
  return problem === undefined ? lines : [...lines, problem];
}

/** Returns a problem for each box that does not exist or does not run. Pure. */
export function boxProblems(
  { cluster }: Pick<Context, "cluster">,
  made: readonly string[],
  boxes: readonly BoxState[],
): readonly string[] {
  // Without any box in docker, they are virtual machines, or the daemon did not answer.
  const missing =
    boxes.length === 0 ? [] : made.filter((box) => !boxes.some(({ name }) => name === `${cluster}-${box}`));
  return [
    ...boxes.filter(({ state }) => state !== "running").map(({ name, state }) => `box ${name} is ${state}`),
    ...missing.map((box) => `box ${cluster}-${box} is missing`),
  ];
}

function runningBoxes({ cluster }: Context, made: readonly string[], boxes: readonly BoxState[]): readonly string[] {
  if (boxes.length === 0) return made;
  return made.filter((box) => boxes.some(({ name, state }) => name === `${cluster}-${box}` && state === "running"));
}

/** Surveys boxes, and the traffic from each to the pods of the nodes among them. */
async function surveyBoxes(
  context: Context,
  boxes: readonly (readonly [name: string, address: string])[],
): Promise<readonly string[]> {
  const lines = boxes.map(async ([name, address]) => {
    const peers = boxes.filter(([peer]) => peer !== name && !isControllerBox(peer)).map((peer) => peer[1]);
    const survey = await surveyBox(context, address, peers);
    if ("problem" in survey) return [`box ${name} cannot be surveyed: ${survey.problem}`];
    return [...survey.drift, ...survey.notes].map((line) => `box ${name}: ${line}`);
  });
  return (await Promise.all(lines)).flat();
}
