/** Lets stack traces name lines of TypeScript. Imported first: Node maps only modules that it loads afterwards. */
process.setSourceMapsEnabled(true);
