/** Library for writing plugins. */
export { differences } from "./diff";
export * from "./provider";
export { serve } from "./serve";
export * from "./values";
