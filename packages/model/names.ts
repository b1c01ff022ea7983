/** Names of the demonstrator's objects in Kubernetes, shared by the program that makes them and by all users. */

/** Kinds of agents: Java on Felix, and C. */
export type AgentKind = "felix" | "celix";
export const agentKinds: readonly AgentKind[] = ["felix", "celix"];

/** Roles of agents, in the order in which they are shown. */
export const agentRoles = ["producer", "processor", "agent"] as const;
export type AgentRole = (typeof agentRoles)[number];

/** Returns the group of a role and kind. Its pods' service account and their provisioning group have the same name. */
export function groupOf(role: AgentRole, kind: AgentKind): string {
  return kind === "felix" ? `inaetics-${role}` : `inaetics-${role}-celix`;
}

/** Returns the replication controller of a group or of a service. */
export function controllerOf(group: string): string {
  return `${group}-controller`;
}

/** Returns the value of the label `name` of a group's pods. */
export function podLabelOf(group: string): string {
  return `${group}-pod`;
}

/** Returns the controllers of both kinds of a role. */
export function controllersOf(role: AgentRole): Readonly<Record<AgentKind, string>> {
  return { felix: controllerOf(groupOf(role, "felix")), celix: controllerOf(groupOf(role, "celix")) };
}

/** Reads role and kind from a pod's label `name`, such as `inaetics-processor-celix-pod`. A service has no agent's role. */
export function roleOf(label: string): { readonly role: string; readonly kind: AgentKind | "service" } {
  const role = label.replace(/-pod$/, "").replace(/^inaetics-/, "");
  const agent = role.replace(/-celix$/, "");
  if (!agentRoles.some((each) => each === agent)) return { role, kind: "service" };
  return { role: agent, kind: agent === role ? "felix" : "celix" };
}

/** Group of the viewer: its controller, account and roles have the same name. */
export const VIEWER = "inaetics-datastore-viewer";

/** Service of the viewer's pages; its port is named `http`. */
export const VIEWER_SERVICE = "inaetics-viewer-service";

/** Service in front of the queue agent; its `/queue` returns the figures. */
export const QUEUE_AGENT_SERVICE = "inaetics-queue-agent";

/** Audience of the tokens that prove an agent's pod to provisioning. */
export const PROVISIONING_AUDIENCE = "inaetics-provisioning";

/** Lease of the coordinator that scales. */
export const COORDINATOR_LEASE = "inaetics-coordinator";

/** ConfigMap of the policy, and the key of its JSON there. */
export const POLICY_CONFIG_MAP = "inaetics-autoscaler";
export const POLICY_KEY = "policy.json";

/** Annotation of a node that is being upgraded: the Kubernetes version that it gets, such as `v1.37.2`. */
export const UPGRADING_ANNOTATION = "inaetics.org/upgrading";

/** File in the stack's folder on the workstation while its boxes are stopped on purpose; its text is the time. */
export const STOPPED_FILE = "stopped";

/** Variable of the program: `true` makes services and agents without pods, while a restore loads the queue. */
export const HELD_VARIABLE = "INAETICS_HELD";

/** Label of everything in docker that belongs to a cluster; its value is the cluster's name. vagrant/ sets it. */
export const CLUSTER_LABEL = "inaetics.cluster";

/** Returns docker's filter for everything of a cluster. */
export function clusterFilter(cluster: string): string {
  return `label=${CLUSTER_LABEL}=${cluster}`;
}
