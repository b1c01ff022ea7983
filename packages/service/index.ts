/** What the cluster's TypeScript services share: environment, broker connection, polling, HTTP frame, metrics, stopping. */
export * from "./broker";
export * from "./environment";
export * from "./metrics";
export * from "./poller";
export * from "./queue";
export * from "./server";
export * from "./stop";
