/** Statistics of the data path and the nodes: measured, remembered for 24 hours, shown to pages, scripts and Prometheus. */
export type { ObservedNode } from "./cluster";
export type { Move } from "./moves";
export { Statistics, type StatisticsDependencies } from "./statistics";
