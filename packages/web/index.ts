/** Code that the pages of both sites share: elements, formats, header, and calls that ask for the login. */
export * from "./dom";
export * from "./format";
export * from "./login";
export * from "./page";
export * from "./session";
export * from "./shell";
