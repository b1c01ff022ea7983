/** The ground floor: pure, without I/O, used by everything and using nothing of this project. */
export * from "./errors";
export * from "./log";
export * from "./shell";
export * from "./table";
export * from "./time";
export * from "./version";
