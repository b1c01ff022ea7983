/** Names, rules and shapes that several parts agree on, each at one place. */
export * from "./api/changes";
export * from "./api/events";
export * from "./api/history";
export * from "./api/nodes";
export * from "./api/queue";
export * from "./api/readonly";
export * from "./api/results";
export * from "./api/snapshot";
export * from "./api/systemStats";
export * from "./names";
export * from "./versions";
export * from "./viewerRights";
export * from "./api/problem";
export * from "./api/provisioning";
