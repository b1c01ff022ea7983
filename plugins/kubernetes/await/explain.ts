/** Why an object is not ready: what its conditions, its pods and its events say. */
import { Value } from "../../lib";
import { Cluster } from "../cluster";
import { at, describe, KubeObject, list, nameOf, namespaceOf, show, text } from "../objects";

const mostPods = 3;
const mostEvents = 3;

/** One line for each cause that can be found, the most telling first; never fails. */
export async function explain(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<readonly string[]> {
  const [pods, events] = await Promise.all([
    podProblems(cluster, object, signal).catch(() => []),
    warningsOf(cluster, object, signal).catch(() => []),
  ]);
  return [...new Set([...conditionProblems(object), ...pods, ...events])];
}

function conditionProblems(object: KubeObject): string[] {
  const wanted = ["Ready", "Available", "Progressing", "PodScheduled", "ContainersReady", "Established"];
  const failure = ["ReplicaFailure", "Failed"];
  return list(object, "status", "conditions").flatMap((each) => {
    const [type, status] = [text(each, "type"), text(each, "status")];
    const bad = (wanted.includes(type) && status === "False") || (failure.includes(type) && status === "True");
    return bad && text(each, "message") !== "" ? [`${type}: ${text(each, "message")}`] : [];
  });
}

/** What is wrong with the pods that the object selects, or that it is. */
export async function podProblems(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<string[]> {
  if (text(object, "kind") === "Pod") return problemsOf(object);
  const selector = selectorOf(object);
  if (selector === undefined) return [];
  const pods = await cluster.list("v1", "Pod", namespaceOf(object), { labelSelector: selector }, signal);
  const lines = await Promise.all(
    pods.slice(0, mostPods).map(async (pod) => {
      const problems = problemsOf(pod);
      const more = problems.length > 0 && !isUnready(pod) ? [] : await warningsOf(cluster, pod, signal).catch(() => []);
      return [...problems, ...more].map((problem) => `Pod ${nameOf(pod)}: ${problem}`);
    }),
  );
  return lines.flat();
}

function isUnready(pod: KubeObject): boolean {
  return list(pod, "status", "conditions").some(
    (each) => text(each, "type") === "Ready" && text(each, "status") === "False",
  );
}

/** A label selector in the form of a query. */
function selectorOf(object: KubeObject): string | undefined {
  const selector = at(object, "spec", "selector");
  const labels = at(selector, "matchLabels") ?? selector;
  if (typeof labels !== "object" || labels === null) return undefined;
  const pairs = Object.entries(labels as Record<string, Value>).filter(([, value]) => typeof value === "string");
  return pairs.length === 0 ? undefined : pairs.map(([key, value]) => `${key}=${show(value)}`).join(",");
}

function problemsOf(pod: KubeObject): string[] {
  const scheduled = list(pod, "status", "conditions").find((each) => text(each, "type") === "PodScheduled");
  const unscheduled = text(scheduled, "status") === "False" ? [`not scheduled: ${text(scheduled, "message")}`] : [];
  const containers = [...list(pod, "status", "initContainerStatuses"), ...list(pod, "status", "containerStatuses")];
  return [...unscheduled, ...containers.flatMap(containerProblems)];
}

function containerProblems(container: Value): string[] {
  const name = text(container, "name");
  const pending = at(container, "state", "waiting");
  const ended = at(container, "lastState", "terminated") ?? at(container, "state", "terminated");
  const lines: string[] = [];
  const reason = text(pending, "reason");
  if (reason !== "" && reason !== "ContainerCreating" && reason !== "PodInitializing") {
    lines.push(`container ${name}: ${reason} ${text(pending, "message")}`.trim());
  }
  const exit = at(ended, "exitCode");
  if (typeof exit === "number" && exit !== 0) {
    lines.push(
      `container ${name} ended with exit code ${exit} (${text(ended, "reason")}) ${text(ended, "message")}`.trim(),
    );
  }
  return lines;
}

/** The latest warning events about an object. */
async function warningsOf(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<string[]> {
  const about = { kind: text(object, "kind"), name: nameOf(object), uid: text(object, "metadata", "uid") };
  if (about.uid === "") return [];
  const fields = Object.entries(about).map(([key, value]) => `involvedObject.${key}=${value}`);
  const query = { fieldSelector: ["type=Warning", ...fields].join(",") };
  const events = await cluster.list("v1", "Event", namespaceOf(object) || "default", query, signal);
  const time = (event: KubeObject) => text(event, "lastTimestamp") || text(event, "eventTime");
  const latest = [...events].sort((a, b) => time(b).localeCompare(time(a))).slice(0, mostEvents);
  return latest.map((event) => `${text(event, "reason")}: ${text(event, "message").trim()}`);
}

/** The error text of an object that did not become ready. */
export function notReady(object: KubeObject, why: string, last: string): string {
  return `${describe(object)} ${why}${last === "" ? "" : `: ${last}`}`;
}
