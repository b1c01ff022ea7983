/** Code that the pages of all services share: elements, and calls that ask for the login. */
export * from "./dom";
export * from "./session";
