/** Which fields the API server refuses to change, so that a change of them is a replacement. */
import { KubeObject, at, text } from "./objects";

export interface Mutability {
  /** Change the data of Secrets, of ConfigMaps in place instead of replacing the object. */
  readonly secrets: boolean;
  readonly configMaps: boolean;
}

const containerFields =
  "args command env image imagePullPolicy lifecycle livenessProbe ports readinessProbe resources securityContext stdin " +
  "stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir";

const podFields =
  "affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork hostPID " +
  "hostname imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority priorityClassName readinessGates " +
  "restartPolicy runtimeClassName schedulerName securityContext serviceAccount serviceAccountName shareProcessNamespace " +
  "subdomain terminationGracePeriodSeconds volumes";

const volumeSources =
  "awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs hostPath " +
  "iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume";

/** By `group/Kind`; list indices are left out of the paths. */
const immutable: Readonly<Record<string, readonly string[]>> = {
  "apps/DaemonSet": ["spec.selector"],
  "apps/Deployment": ["spec.selector"],
  "apps/StatefulSet": below(
    "spec",
    "podManagementPolicy revisionHistoryLimit selector serviceName volumeClaimTemplates",
  ),
  "batch/Job": below("spec", "completionMode completions parallelism selector template"),
  "/PersistentVolume": below("spec", volumeSources),
  "/PersistentVolumeClaim": ["spec"],
  "/Pod": [
    ...below("spec", podFields),
    ...below("spec.containers", containerFields),
    ...below("spec.initContainers", containerFields),
  ],
  "/ResourceQuota": ["spec.scopes"],
  "/Service": ["spec.clusterIP"],
  "rbac.authorization.k8s.io/ClusterRoleBinding": ["roleRef"],
  "rbac.authorization.k8s.io/RoleBinding": ["roleRef"],
  "storage.k8s.io/StorageClass": ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"],
};

function below(prefix: string, names: string): readonly string[] {
  return names.split(" ").map((name) => `${prefix}.${name}`);
}

/** The paths of an object's fields that cannot be changed in place. */
export function immutableFields(object: KubeObject, mutability: Mutability): readonly string[] {
  const group = groupOf(object);
  const kind = text(object, "kind");
  const common = ["kind", "metadata.name", "metadata.namespace"];
  const frozen = at(object, "immutable") === true;
  if (group === "" && kind === "Secret") {
    return [...common, "type", ...(frozen || !mutability.secrets ? ["data", "stringData"] : [])];
  }
  if (group === "" && kind === "ConfigMap") {
    return [...common, ...(frozen || !mutability.configMaps ? ["data", "binaryData"] : [])];
  }
  return [...common, ...(immutable[`${group}/${kind}`] ?? [])];
}

export function groupOf(object: KubeObject): string {
  const apiVersion = text(object, "apiVersion");
  return apiVersion.includes("/") ? apiVersion.replace(/\/.*$/, "") : "";
}

/**
 * Whether a change at a path touches one of the fields: it is one, or lies below one, or holds one (a whole parent that
 * is added or removed).
 * @param path a property path as the engine writes it, e.g. `spec.containers[0].image` or `data["a.b"]`
 * @param holds whether the changed value has something at the path below it
 */
export function touches(path: string, fields: readonly string[], holds: (below: string) => boolean): boolean {
  const plain = path.replace(/\[\d+\]/g, "");
  return fields.some((field) => {
    if (plain === field || plain.startsWith(`${field}.`) || plain.startsWith(`${field}[`)) return true;
    return field.startsWith(`${plain}.`) && holds(field.slice(plain.length + 1));
  });
}
