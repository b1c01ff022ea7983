/** Nodes and their pods: answers of `GET /coordinator/nodes` and `/coordinator/clusterInfo`. Null: not known now. */
import { figure } from "@inaetics/samples";
import * as z from "zod/mini";
import type { ReadonlyOf } from "./readonly";

/** Path of the nodes below the dashboard's address. */
export const NODES_PATH = "coordinator/nodes";
/** Path of the nodes in the reference system's shape. */
export const CLUSTER_INFO_PATH = "coordinator/clusterInfo";

const podStateSchema = z.object({
  name: z.string(),
  /** Role of the pod, such as `processor`, `producer`, `queue`. */
  role: z.string(),
  kind: z.enum(["felix", "celix", "service"]),
  ready: z.boolean(),
  /** True while it is being deleted. */
  leaving: z.boolean(),
  /** Number of restarts of its containers. */
  restarts: z.number(),
  /** Cores in use. */
  cpu: figure,
  /** Bytes in use that cannot be reclaimed (the kubelet's working set). */
  memory: figure,
  /** Start time, ms since 1970. */
  since: figure,
});
export type PodState = ReadonlyOf<typeof podStateSchema>;

export const nodeStateSchema = z.object({
  name: z.string(),
  address: z.string(),
  ready: z.boolean(),
  /** The Kubernetes version that it is being upgraded to; null: it is not being upgraded. */
  upgrading: z.nullable(z.string()),
  /** True when it is cordoned and takes no new pods. */
  unschedulable: z.boolean(),
  kubeletVersion: z.nullable(z.string()),
  cpu: figure,
  memory: figure,
  memoryCapacity: figure,
  pods: z.array(podStateSchema),
});
export type NodeState = ReadonlyOf<typeof nodeStateSchema>;

export const nodesSchema = z.array(nodeStateSchema);

/** Nodes in the reference system's shape: cores and bytes. Kubelets do not report the average load. */
export const clusterInfoSchema = z.array(
  z.object({
    ipAddress: z.string(),
    containerList: z.array(
      z.object({ name: z.string(), cpuUsage: figure, avgLoad: z.null(), usedMem: figure, hotMem: figure }),
    ),
  }),
);
export type ClusterInfo = ReadonlyOf<typeof clusterInfoSchema>[number];
