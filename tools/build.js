"use strict";
/**
 * Compiles changed files of the program, the commands and the plugins into .build/. Takes well below a second, so that
 * plain `pulumi up` after an edit runs the edited code. Types are checked by `npm run lint`, not here.
 */
const fs = require("node:fs");
const path = require("node:path");

const root = path.resolve(__dirname, "..");
const out = path.join(root, ".build");
const sources = ["index.ts", "components", "packages", "cli", "tools", "plugins", "tests", "bench", "images"];

/** ES2020 and no define semantics, because class fields of newer targets overwrite the outputs of dynamic resources. */
const compilerOptions = {
  module: "CommonJS",
  moduleResolution: "Node10",
  target: "ES2020",
  useDefineForClassFields: false,
  esModuleInterop: false,
  sourceMap: false,
  inlineSourceMap: true,
};

function* typescriptFiles(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (stat.isFile()) {
    if (file.endsWith(".ts") && !file.endsWith(".d.ts")) yield file;
    return;
  }
  for (const entry of fs.readdirSync(file)) {
    if (entry !== "node_modules" && entry !== "dist") yield* typescriptFiles(path.join(file, entry));
  }
}

function mtime(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function build() {
  let typescript;
  const kept = new Set();
  for (const source of sources) {
    for (const file of typescriptFiles(path.join(root, source))) {
      const target = path.join(out, path.relative(root, file)).replace(/\.ts$/, ".js");
      kept.add(target);
      if (mtime(target) > Math.max(mtime(file), mtime(__filename))) continue;
      typescript ??= require("typescript");
      const text = fs.readFileSync(file, "utf8");
      // Stack traces name the source itself, which is in another folder than the result.
      const sourceRoot = `${path.relative(path.dirname(target), path.dirname(file))}/`;
      const result = typescript.transpileModule(text, {
        compilerOptions: { ...compilerOptions, sourceRoot },
        fileName: file,
        reportDiagnostics: true,
      });
      if (result.diagnostics.length > 0) {
        throw new Error(typescript.formatDiagnostics(result.diagnostics, host(typescript)));
      }
      fs.mkdirSync(path.dirname(target), { recursive: true });
      const partial = `${target}.${process.pid}`;
      fs.writeFileSync(partial, result.outputText);
      fs.renameSync(partial, target);
    }
  }
  removeOthers(out, kept);
  linkPackages();
}

/** Deletes the results of deleted sources, which would still be found as tests or modules. */
function removeOthers(folder, kept) {
  if (!fs.existsSync(folder)) return;
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) removeOthers(file, kept);
    else if (entry.name.endsWith(".js") && !kept.has(file)) fs.rmSync(file, { force: true });
  }
}

function host(typescript) {
  return {
    getCurrentDirectory: () => root,
    getCanonicalFileName: (name) => name,
    getNewLine: () => typescript.sys.newLine,
  };
}

/** Links node_modules to the packages' sources, so that compiled code can import them by name. */
function linkPackages() {
  const links = path.join(out, "node_modules", "@inaetics");
  for (const name of fs.readdirSync(path.join(root, "packages"))) {
    const folder = path.join(out, "packages", name);
    if (!fs.existsSync(folder)) continue;
    const description = path.join(folder, "package.json");
    if (!fs.existsSync(description)) fs.writeFileSync(description, '{ "main": "index.js" }\n');
    const link = path.join(links, name);
    if (fs.lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue;
    fs.mkdirSync(links, { recursive: true });
    try {
      fs.symlinkSync(path.relative(links, folder), link);
    } catch (error) {
      // Another build at the same time made the link first.
      if (error.code !== "EEXIST") throw error;
    }
  }
}

module.exports = { build };
if (require.main === module) build();
