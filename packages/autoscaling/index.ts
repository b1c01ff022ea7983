/** Policies for the number of processors, and what they have in common. Pure: no clock, no I/O. */
export * from "./decide";
export * from "./metric";
export * from "./parameters";
export * from "./history";
export * from "./policy";
export * from "./split";
