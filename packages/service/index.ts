/**
 * Code that TypeScript services share: environment, broker connection, streams, polling, HTTP frame, pages and their
 * events, login, Kubernetes, metrics, stopping.
 */
export * from "./broker";
export * from "./controllers";
export * from "./environment";
export * from "./follower";
export * from "./jetstream";
export * from "./kubernetes";
export * from "./login";
export * from "./metrics";
export * from "./pages";
export * from "./poller";
export * from "./problem";
export * from "./queue";
export * from "./server";
export * from "./stop";
export * from "./stream";
