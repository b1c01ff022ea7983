/** What plugins are written with. */
export { differences, joinPath } from "./diff";
export * from "./provider";
export { serve } from "./serve";
export * from "./values";
