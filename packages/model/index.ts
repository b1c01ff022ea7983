/** Names, rules and shapes that several parts agree on, each at one place. */
export * from "./api/systemStats";
export * from "./names";
export * from "./viewerRights";
export * from "./api/problem";
export * from "./api/provisioning";
