/** What every part of the data path agrees on: shapes, names, and how the queue's figures are computed. */
export * from "./events";
export * from "./figures";
export * from "./names";
export * from "./rejections";
export * from "./schemas";
export * from "./window";
