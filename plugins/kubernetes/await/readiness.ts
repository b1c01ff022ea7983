/** When an object of each kind counts as ready; pure, but for the endpoints of a Service and the class of a claim. */
import { isDeepStrictEqual } from "node:util";
import { Value } from "../../lib";
import { groupOf } from "../immutable";
import { at, condition, count, KubeObject, list, namespaceOf, nameOf, show, text } from "../objects";

export type Readiness =
  | { readonly state: "ready" }
  | { readonly state: "waiting"; readonly message: string }
  /** It will never be ready as it is. */
  | { readonly state: "failed"; readonly message: string };

/** Lists other objects in the namespace of the one that is waited for. */
export type Lister = (
  apiVersion: string,
  kind: string,
  namespace: string,
  query: Readonly<Record<string, string>>,
) => Promise<readonly KubeObject[]>;

export interface Rule {
  /** How long to wait when nothing else is said. */
  readonly seconds: number;
  readonly check: (object: KubeObject, list: Lister) => Readiness | Promise<Readiness>;
  /** Whether a refresh looks at it too. */
  readonly onRead?: boolean;
}

const ready: Readiness = { state: "ready" };
const waiting = (message: string): Readiness => ({ state: "waiting", message });
const failed = (message: string): Readiness => ({ state: "failed", message });

/** By `group/Kind`; kinds that are not here are ready as soon as they exist. */
const rules: Readonly<Record<string, Rule>> = {
  "/Pod": { seconds: 600, check: pod, onRead: true },
  "/ReplicationController": { seconds: 600, check: replicationController },
  "/Service": { seconds: 600, check: service, onRead: true },
  "/Namespace": { seconds: 300, check: phase("Active") },
  "/PersistentVolume": { seconds: 300, check: phase("Available", "Bound") },
  "/PersistentVolumeClaim": { seconds: 300, check: claim },
  "/ResourceQuota": { seconds: 60, check: quota },
  "/Secret": { seconds: 30, check: token },
  "apps/Deployment": { seconds: 600, check: deployment, onRead: true },
  "apps/StatefulSet": { seconds: 600, check: statefulSet, onRead: true },
  "apps/DaemonSet": { seconds: 600, check: daemonSet, onRead: true },
  "batch/Job": { seconds: 600, check: job, onRead: true },
  "networking.k8s.io/Ingress": { seconds: 600, check: ingress },
  "apiextensions.k8s.io/CustomResourceDefinition": { seconds: 60, check: definition },
};

export function ruleFor(object: KubeObject): Rule | undefined {
  return rules[`${groupOf(object)}/${text(object, "kind")}`];
}

function phase(...good: readonly string[]) {
  return (object: KubeObject): Readiness => {
    const is = text(object, "status", "phase");
    return good.includes(is) ? ready : waiting(`phase is ${is || "not known yet"}, not ${good.join(" or ")}`);
  };
}

function pod(object: KubeObject): Readiness {
  const is = text(object, "status", "phase");
  if (is === "Succeeded") return ready;
  if (is === "Failed")
    return failed(`the Pod failed: ${text(object, "status", "message") || text(object, "status", "reason")}`);
  const state = condition(object, "Ready");
  if (is === "Running" && text(state, "status") === "True") return ready;
  const scheduled = condition(object, "PodScheduled");
  if (text(scheduled, "status") === "False") return waiting(`not scheduled: ${text(scheduled, "message")}`);
  return waiting(`phase is ${is || "not known yet"}${text(state, "message") && `: ${text(state, "message")}`}`);
}

/** The API leaves a zero `availableReplicas` out, so none wanted is never reached: such need skipAwait. */
function replicationController(object: KubeObject): Readiness {
  const wanted = count(object, ["spec", "replicas"], 1);
  const available = at(object, "status", "availableReplicas");
  if (available === wanted) return ready;
  if (wanted === 0) return waiting('0 replicas are never reported as available; annotate pulumi.com/skipAwait: "true"');
  return waiting(`${count(object, ["status", "availableReplicas"])} of ${wanted} replicas available`);
}

/** Whether the controller has seen what was applied; before that its status is about the former object. */
function isObserved(object: KubeObject): boolean {
  return count(object, ["status", "observedGeneration"]) >= count(object, ["metadata", "generation"]);
}

function deployment(object: KubeObject): Readiness {
  if (!isObserved(object)) return waiting("the controller has not seen the change yet");
  const progressing = condition(object, "Progressing");
  if (text(progressing, "reason") === "ProgressDeadlineExceeded") return failed(text(progressing, "message"));
  const wanted = count(object, ["spec", "replicas"], 1);
  const updated = count(object, ["status", "updatedReplicas"]);
  if (updated < wanted) return waiting(`${updated} of ${wanted} replicas updated`);
  const total = count(object, ["status", "replicas"]);
  if (total > updated) return waiting(`${total - updated} old replicas are being removed`);
  const available = count(object, ["status", "availableReplicas"]);
  return available < wanted ? waiting(`${available} of ${wanted} replicas available`) : ready;
}

function statefulSet(object: KubeObject): Readiness {
  if (!isObserved(object)) return waiting("the controller has not seen the change yet");
  const wanted = count(object, ["spec", "replicas"], 1);
  const status = (key: string) => count(object, ["status", key]);
  if (text(object, "spec", "updateStrategy", "type") !== "OnDelete") {
    const partition = count(object, ["spec", "updateStrategy", "rollingUpdate", "partition"]);
    const due = Math.max(0, wanted - partition);
    const current = text(object, "status", "currentRevision") === text(object, "status", "updateRevision");
    const updated = current ? status("replicas") : status("updatedReplicas");
    if (updated < due) return waiting(`${updated} of ${due} replicas updated`);
    if (partition === 0 && !current) return waiting("the roll-out is not finished yet");
  }
  if (status("replicas") > wanted) return waiting(`${status("replicas") - wanted} replicas are being removed`);
  return status("readyReplicas") < wanted ? waiting(`${status("readyReplicas")} of ${wanted} replicas ready`) : ready;
}

function daemonSet(object: KubeObject): Readiness {
  if (!isObserved(object)) return waiting("the controller has not seen the change yet");
  const wanted = count(object, ["status", "desiredNumberScheduled"]);
  const updated = count(object, ["status", "updatedNumberScheduled"]);
  const onDelete = text(object, "spec", "updateStrategy", "type") === "OnDelete";
  if (!onDelete && updated < wanted) return waiting(`${updated} of ${wanted} nodes updated`);
  const available = count(object, ["status", "numberAvailable"]);
  return available < wanted ? waiting(`available on ${available} of ${wanted} nodes`) : ready;
}

function job(object: KubeObject): Readiness {
  if (text(condition(object, "Complete"), "status") === "True") return ready;
  const failure = condition(object, "Failed");
  if (text(failure, "status") === "True") return failed(`${text(failure, "reason")}: ${text(failure, "message")}`);
  const [active, done] = ["active", "succeeded"].map((key) => count(object, ["status", key]));
  return waiting(`${active} pods active, ${done} succeeded`);
}

/** Ready endpoints are not needed, but none may be unready: the pods that there are must be reachable through it. */
async function service(object: KubeObject, find: Lister): Promise<Readiness> {
  const type = text(object, "spec", "type");
  if (type === "LoadBalancer" && list(object, "status", "loadBalancer", "ingress").length === 0) {
    return waiting("no address from a load balancer yet; does this cluster have one?");
  }
  const selects = at(object, "spec", "selector") !== undefined;
  if (type === "ExternalName" || !selects || text(object, "spec", "clusterIP") === "None") return ready;
  const query = { labelSelector: `kubernetes.io/service-name=${nameOf(object)}` };
  const slices = await find("discovery.k8s.io/v1", "EndpointSlice", namespaceOf(object), query);
  if (slices.length === 0) return waiting("finding Pods to direct traffic to");
  const unready = slices.flatMap((slice) => list(slice, "endpoints").filter(isUnready));
  if (unready.length === 0) return ready;
  return waiting(`${unready.length} selected Pods are not ready: ${unready.map(podName).join(", ")}`);
}

function isUnready(endpoint: Value): boolean {
  return at(endpoint, "conditions", "ready") === false && at(endpoint, "conditions", "terminating") !== true;
}

function podName(endpoint: Value): string {
  return text(endpoint, "targetRef", "name") || show(list(endpoint, "addresses")[0]);
}

async function claim(object: KubeObject, find: Lister): Promise<Readiness> {
  if (text(object, "status", "phase") === "Bound") return ready;
  const name = text(object, "spec", "storageClassName");
  const query = { fieldSelector: `metadata.name=${name}` };
  const [storageClass] = name === "" ? [] : await find("storage.k8s.io/v1", "StorageClass", "", query);
  const late = text(storageClass, "volumeBindingMode") === "WaitForFirstConsumer";
  const is = text(object, "status", "phase");
  return late && is === "Pending" ? ready : waiting(`phase is ${is || "not known yet"}, not Bound`);
}

function quota(object: KubeObject): Readiness {
  const seen = isDeepStrictEqual(at(object, "spec", "hard"), at(object, "status", "hard"));
  return seen ? ready : waiting("the quota is not in force yet");
}

function token(object: KubeObject): Readiness {
  if (text(object, "type") !== "kubernetes.io/service-account-token" || at(object, "data") !== undefined) return ready;
  return waiting("no token yet; does its service account exist?");
}

function ingress(object: KubeObject): Readiness {
  const addresses = list(object, "status", "loadBalancer", "ingress");
  return addresses.length > 0
    ? ready
    : waiting("no address from an ingress controller yet; does this cluster have one?");
}

function definition(object: KubeObject): Readiness {
  const names = condition(object, "NamesAccepted");
  if (text(names, "status") === "False") return failed(text(names, "message"));
  return text(condition(object, "Established"), "status") === "True" ? ready : waiting("not established yet");
}
