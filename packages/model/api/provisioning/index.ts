/** REST interface of provisioning, shared by the server, its pages and all other clients. */
export * from "./basics";
export * from "./deployments";
export * from "./events";
export * from "./software";
export * from "./targets";
