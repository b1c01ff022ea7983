/** Access of commands and tools to their machine: processes, files, locks, folders, progress, HTTP. */
export * from "./failure";
export * from "./filelock";
export * from "./files";
export * from "./folders";
export * from "./http";
export * from "./process";
export * from "./progress";
