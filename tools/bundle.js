"use strict";
/**
 * Makes images/<name>/dist/ of a TypeScript service: main.js (one file with everything it uses) and public/ (the files
 * of its pages). The same sources give the same bytes, and an unchanged file is not touched. So an image is built again
 * only after a real change.
 */
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const projectFolder = path.resolve(__dirname, "..");

/** Returns the names of the images that are bundled: the folders with a src/main.ts. */
function bundledImages(root = projectFolder) {
  const images = path.join(root, "images");
  return fs
    .readdirSync(images)
    .filter((name) => fs.existsSync(path.join(images, name, "src", "main.ts")))
    .sort();
}

/** Bundles one image and returns the path of its dist folder. Throws with the compiler's messages. */
function bundle(name, root = projectFolder) {
  const folder = path.join(root, "images", name);
  if (!fs.existsSync(path.join(folder, "src", "main.ts"))) {
    throw new Error(`images/${name} cannot be bundled; allowed: ${bundledImages(root).join(", ")}`);
  }
  const dist = path.join(folder, "dist");
  const record = path.join(root, ".build", `bundle-${name}.json`);
  if (readRecord(record)?.sum === checksum(root, dist, readRecord(record)?.inputs ?? [])) return dist;
  const inputs = new Set();
  const files = new Map([["main.js", serverCode(root, folder, inputs)]]);
  const web = path.join(folder, "web");
  for (const [file, content] of webFiles(root, web, inputs)) files.set(path.join("public", file), content);
  for (const [file, content] of files) writeIfChanged(path.join(dist, file), content);
  removeOthers(dist, dist, files);
  const sorted = [...inputs].sort();
  writeIfChanged(record, Buffer.from(JSON.stringify({ sum: checksum(root, dist, sorted), inputs: sorted })));
  return dist;
}

/** Reads the inputs and the checksum of the last bundling; undefined when no record exists. */
function readRecord(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Returns one sum over all inputs, the bundler and the output. While it is the same, nothing needs to be done. */
function checksum(root, dist, inputs) {
  const hash = createHash("sha256").update(fs.readFileSync(__filename));
  const files = [...inputs.map((file) => path.join(root, file)), ...filesBelow(dist)];
  for (const file of [...files, path.join(root, "node_modules", "esbuild", "package.json")]) {
    hash.update(`\0${path.relative(root, file)}\0`);
    hash.update(fs.existsSync(file) ? fs.readFileSync(file) : "(gone)");
  }
  // A new page is no input yet, but it changes the folder's list of names.
  const web = path.join(path.dirname(dist), "web");
  return hash.update(fs.existsSync(web) ? fs.readdirSync(web).join() : "").digest("hex");
}

function filesBelow(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .flatMap((entry) => (entry.isFile() ? [path.join(entry.parentPath ?? entry.path, entry.name)] : []))
    .sort();
}

function serverCode(root, folder, inputs) {
  return build(root, inputs, {
    entryPoints: [path.join(folder, "src", "main.ts")],
    platform: "node",
    target: "node20",
    format: "cjs",
    minify: true,
    // Readable names in stack traces are worth the few bytes.
    keepNames: true,
    alias: { "@grpc/proto-loader": path.join(__dirname, "bundled-protos.js") },
    loader: { ".proto": "text" },
  });
}

/** Bundles scripts and copies all other files. A script in a subfolder is a part of other scripts. */
function webFiles(root, web, inputs) {
  const files = new Map();
  if (!fs.existsSync(web)) return files;
  for (const entry of fs.readdirSync(web, { withFileTypes: true })) {
    const file = path.join(web, entry.name);
    if (!entry.isFile()) continue;
    if (entry.name.endsWith(".ts")) {
      files.set(entry.name.replace(/\.ts$/, ".js"), pageCode(root, file, inputs));
    } else {
      files.set(entry.name, fs.readFileSync(file));
      inputs.add(path.relative(root, file));
    }
  }
  return files;
}

function pageCode(root, file, inputs) {
  return build(root, inputs, {
    entryPoints: [file],
    platform: "browser",
    target: "es2021",
    format: "esm",
    minify: true,
  });
}

function build(root, inputs, options) {
  // Loaded late, because listing the names needs no compiler.
  const { buildSync } = require("esbuild");
  const result = buildSync({
    ...options,
    alias: { ...packageFolders(root), ...options.alias },
    // Paths in the output are relative to this folder, so that every checkout gives the same bytes.
    absWorkingDir: root,
    outdir: "out",
    bundle: true,
    write: false,
    metafile: true,
    sourcemap: false,
    legalComments: "eof",
    charset: "utf8",
    logLevel: "silent",
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  });
  const file = result.outputFiles?.[0];
  if (file === undefined) throw new Error("the bundler made no file");
  for (const input of Object.keys(result.metafile.inputs)) inputs.add(input);
  return file.contents;
}

/** Returns the folders of the project's packages in `root`, by name, even if its node_modules points elsewhere. */
function packageFolders(root) {
  const packages = path.join(root, "packages");
  return Object.fromEntries(fs.readdirSync(packages).map((name) => [`@inaetics/${name}`, path.join(packages, name)]));
}

function writeIfChanged(file, content) {
  if (fs.existsSync(file) && fs.readFileSync(file).equals(content)) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}`;
  fs.writeFileSync(partial, content);
  fs.renameSync(partial, file);
}

/** Deletes files of an older version, which must not get into the image. */
function removeOthers(dist, folder, files) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) removeOthers(dist, file, files);
    else if (!files.has(path.relative(dist, file)) && !/\.\d+$/.test(entry.name)) fs.rmSync(file, { force: true });
  }
}

module.exports = { bundle, bundledImages };

if (require.main === module) {
  const names = process.argv.slice(2);
  for (const name of names.length > 0 ? names : bundledImages()) {
    const begin = Date.now();
    bundle(name);
    console.log(`bundled images/${name} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
  }
}
