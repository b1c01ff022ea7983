/** Texts about nodes that are being upgraded or that take no new pods. */
import type { Live, NodeState, PodState } from "./live";

/** One line per node that is being upgraded; no lines when that is not known. */
export function upgradeLines(upgrades: Live["upgrades"]): readonly string[] {
  const lines = Object.entries(upgrades ?? {}).map(([node, version]) => `${node} is being upgraded to ${version}`);
  return lines.sort();
}

/** The number of nodes that are being upgraded, as a sentence; empty when none is. */
export function upgradeCount(nodes: readonly Pick<NodeState, "upgrading">[]): string {
  const upgrading = nodes.filter((node) => node.upgrading !== null).length;
  if (upgrading === 0) return "";
  return `${upgrading} of ${nodes.length} boxes ${upgrading === 1 ? "is" : "are"} being upgraded.`;
}

interface Kept extends Pick<NodeState, "upgrading" | "unschedulable"> {
  readonly pods: readonly Pick<PodState, "leaving">[];
}

/** Describes an upgrade or cordon of a node and its leaving pods; empty without either. */
export function upkeep(node: Kept): string {
  const { upgrading, unschedulable, pods } = node;
  const leaving = pods.filter((pod) => pod.leaving).length;
  const parts = [
    ...(upgrading === null ? [] : [`being upgraded to ${upgrading}`]),
    ...(unschedulable ? ["takes no new pods"] : []),
  ];
  if (parts.length === 0) return "";
  const leavers = leaving === 0 ? [] : [`${leaving} ${leaving === 1 ? "pod is" : "pods are"} leaving`];
  return [...parts, ...leavers].join(", ");
}
