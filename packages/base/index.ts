/** Lowest layer: pure, without I/O. Everything uses it, and it uses nothing of this project. */
export * from "./errors";
export * from "./log";
export * from "./random";
export * from "./shell";
export * from "./table";
export * from "./time";
export * from "./version";
