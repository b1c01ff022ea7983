"use strict";
/** Pulumi's entry point: compiles what is stale, then runs index.ts. */
require("./tools/build").build();
// Stack traces name lines of TypeScript: Node's own mapping, which costs the program a tenth of a second.
process.setSourceMapsEnabled(true);
// Pulumi takes a stack trace for each resource; its ts-node would look up the source of every line of it.
Error.prepareStackTrace = undefined;
module.exports = require("./.build/index");
