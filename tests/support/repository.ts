import * as path from "node:path";

/** Absolute path of the project; compiled tests are in its `.build/tests`. */
export const repository = path.resolve(__dirname, "..", "..", "..");
