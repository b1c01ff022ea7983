/** Definitions that every part of the data path shares: shapes, names, and the computation of the queue's figures. */
export * from "./events";
export * from "./figures";
export * from "./names";
export * from "./rejections";
export * from "./schemas";
export * from "./stuck";
export * from "./window";
