/** Deletes an object and waits until it is gone. */
import { Context } from "../lib";
import { annotations } from "./annotations";
import { Cluster } from "./cluster";
import { isGone } from "./errors";
import { annotation, count, describe, KubeObject, list, show, text } from "./objects";
import { poll } from "./await/poll";

/** Kinds of which skipAwait skips the wait for their end too. */
const mayStayBehind: ReadonlySet<string> = new Set([
  "DaemonSet",
  "Deployment",
  "Job",
  "Namespace",
  "Pod",
  "ReplicationController",
  "StatefulSet",
]);

/** The longest wait when nothing else is said. */
const patienceSeconds = 600;

/** @param known the last known form of the object; it decides how it is deleted and for how long that may take */
export async function removeObject(cluster: Cluster, known: KubeObject, context: Context): Promise<void> {
  try {
    await cluster.remove(known, propagation(known), { signal: context.signal });
  } catch (error) {
    if (isGone(error)) return;
    throw error;
  }
  const skip = annotation(known, annotations.skipAwait) === "true" && mayStayBehind.has(text(known, "kind"));
  if (skip) return;
  const seconds = context.timeoutSeconds ?? (Number(annotation(known, annotations.timeoutSeconds)) || patienceSeconds);
  const expired = AbortSignal.timeout(seconds * 1000);
  try {
    await gone(cluster, known, AbortSignal.any([context.signal, expired]), context.log.status);
  } catch (error) {
    if (!expired.aborted && !context.signal.aborted) throw error;
    throw await stillThere(cluster, known, context.signal.aborted ? "cancelled or timed out" : `after ${seconds} s`);
  }
}

/** Resolves when the object, or the one of that name that it was, is not there any more. */
export async function gone(
  cluster: Cluster,
  object: KubeObject,
  signal: AbortSignal,
  status: (message: string) => void = () => undefined,
): Promise<void> {
  const uid = text(object, "metadata", "uid");
  await poll(signal, async () => {
    const live = await cluster.find(object, { signal });
    if (!live || (uid !== "" && text(live, "metadata", "uid") !== uid)) return true;
    const replicas = count(live, ["status", "replicas"]);
    status(`waiting until ${describe(object)} is gone${replicas > 0 ? ` (${replicas} replicas left)` : ""}`);
    return undefined;
  });
}

function propagation(known: KubeObject): string {
  switch (annotation(known, annotations.deletionPropagation).toLowerCase()) {
    case "orphan":
      return "Orphan";
    case "background":
      return "Background";
    default:
      return "Foreground";
  }
}

async function stillThere(cluster: Cluster, known: KubeObject, when: string): Promise<Error> {
  const live = await cluster.find(known, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
  const finalizers = list(live, "metadata", "finalizers").map(show).join(", ");
  const conditions = list(live, "status", "conditions").filter((each) => text(each, "status") === "True");
  const causes = conditions.map((each) => text(each, "message")).filter((message) => message !== "");
  return new Error(
    [
      `${describe(known)} was deleted but is still there (${when})`,
      ...(finalizers === "" ? [] : [`its finalizers: ${finalizers}`]),
      ...causes,
    ].join("; "),
  );
}
