/** Statistics of the data path and the nodes: measured, remembered for 24 hours, shown to pages, scripts and Prometheus. */
export type { SeenNode } from "./cluster";
export type { Move } from "./moves";
export type { NodeState, PodState } from "./nodes";
export { Statistics, type SnapshotParts, type StatisticsDependencies } from "./statistics";
