/** Settings of a cluster, and the plan of boxes and addresses that follows from them. */
export * from "./foundation";
export * from "./plan";
export * from "./policySetting";
export * from "./queue";
export * from "./settings";
