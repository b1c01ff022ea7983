"use strict";
// Lets stack traces of tests name lines of TypeScript. For the option of Node, mocha would start a second process.
process.setSourceMapsEnabled(true);
module.exports = {};
