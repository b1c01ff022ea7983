/** Rights of the viewer in Kubernetes, shared by the program that grants them and by the tests. */
import { controllersOf, COORDINATOR_LEASE, POLICY_CONFIG_MAP } from "./names";

/** A rule of a Role or ClusterRole. */
export interface PolicyRule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
  readonly resourceNames?: string[];
}

/** Returns the viewer's rules in its own namespace. */
export function viewerRules(): PolicyRule[] {
  const steered = [controllersOf("producer"), controllersOf("processor")].flatMap((both) => Object.values(both));
  return [
    { apiGroups: [""], resources: ["replicationcontrollers", "pods"], verbs: ["get", "list", "watch"] },
    {
      apiGroups: [""],
      resources: ["replicationcontrollers/scale"],
      resourceNames: steered,
      verbs: ["get", "patch"],
    },
    { apiGroups: [""], resources: ["configmaps"], resourceNames: [POLICY_CONFIG_MAP], verbs: ["get"] },
    { apiGroups: [""], resources: ["events"], verbs: ["create"] },
    // Kubernetes cannot restrict `create` to an object's name.
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
    {
      apiGroups: ["coordination.k8s.io"],
      resources: ["leases"],
      resourceNames: [COORDINATOR_LEASE],
      verbs: ["get", "update"],
    },
  ];
}

/** Returns the viewer's rules on nodes: read their list and the measurements of their kubelets. */
export function viewerNodeRules(): PolicyRule[] {
  return [
    { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list"] },
    { apiGroups: [""], resources: ["nodes/proxy"], verbs: ["get"] },
  ];
}
