"use strict";
/** Pulumi's entry point: compiles what is stale, then runs index.ts. */
require("./tools/build").build();
module.exports = require("./.build/index");
