import { agentKinds, type AgentKind, agentRoles, groupOf, podLabelOf } from "@inaetics/model";
/** The agents' pods as Kubernetes has them. Pure. */

/** Agents of one role and kind: a replication controller with its pods. */
export interface Group {
  readonly role: string;
  readonly kind: AgentKind;
}

/** All groups of agents, in the order in which they are shown. */
export const groups: readonly Group[] = agentRoles.flatMap((role) =>
  agentKinds.map((kind) => ({ role: groupOf(role, kind), kind })),
);

/** The free agents, which `agents start` scales. */
export const fleet: Readonly<Record<AgentKind, string>> = {
  felix: groupOf("agent", "felix"),
  celix: groupOf("agent", "celix"),
};

/** Returns kubectl's selector of the pods of these roles. */
export function selectorOf(wanted: readonly string[]): string {
  return `name in (${wanted.map(podLabelOf).join(",")})`;
}

/** Fields of a pod that are read. */
export interface PodObject {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly startTime?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly containerStatuses?: readonly {
      readonly restartCount: number;
      readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
    }[];
  };
}

export interface AgentPod {
  readonly pod: string;
  readonly group: string;
  readonly kind: AgentKind;
  /** Empty until the pod has a node. */
  readonly node: string;
  readonly ready: boolean;
  readonly ending: boolean;
  readonly restarts: number;
  /** ISO 8601; null until the pod's node has started it. */
  readonly startedAt: string | null;
  /** Reason of Kubernetes why the pod is not ready; null when it is ready. */
  readonly reason: string | null;
}

/** Returns the agents among the pods, by group and name. */
export function agentPods(pods: readonly PodObject[]): readonly AgentPod[] {
  return groups.flatMap((group) =>
    pods
      .filter(({ metadata }) => metadata.labels?.["name"] === podLabelOf(group.role))
      .map((pod) => describePod(pod, group))
      .sort((a, b) => a.pod.localeCompare(b.pod)),
  );
}

function describePod({ metadata, spec, status }: PodObject, { role, kind }: Group): AgentPod {
  const ready = status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
  const ending = metadata.deletionTimestamp !== undefined;
  const waiting = status?.containerStatuses?.find(({ state }) => state?.waiting !== undefined)?.state?.waiting;
  const unmet = status?.conditions?.find(({ status: is, message }) => is !== "True" && message !== undefined);
  const reason = ending
    ? "ending"
    : (waiting?.reason ?? unmet?.message ?? status?.reason ?? status?.phase ?? "unknown");
  return {
    pod: metadata.name,
    group: role,
    kind,
    node: spec?.nodeName ?? "",
    ready: ready && !ending,
    ending,
    restarts: (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
    startedAt: status?.startTime ?? null,
    reason: ready && !ending ? null : reason,
  };
}
