"use strict";
/**
 * Makes images/<name>/dist/ of a TypeScript service: main.js (one file with everything it uses), its source map, and
 * public/ (the files of its pages). The same sources give the same bytes, and an unchanged file is not touched. So an
 * image is built again only after a real change.
 */
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { ownSources } = require("./sourcemap");

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
  const files = serverFiles(root, folder, inputs);
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
  hash.update(fs.readFileSync(require.resolve("./sourcemap")));
  const files = [...inputs.map((file) => path.join(root, file)), ...filesBelow(dist)];
  for (const file of [...files, path.join(root, "node_modules", "esbuild", "package.json")]) {
    hash.update(`\0${path.relative(root, file)}\0`);
    hash.update(fs.existsSync(file) ? fs.readFileSync(file) : "(gone)");
  }
  // A new page is no input yet, but it changes the folder's list of names.
  for (const folder of [path.join(path.dirname(dist), "web"), sharedFolder(root, "public")]) {
    hash.update(fs.existsSync(folder) ? fs.readdirSync(folder).join() : "");
  }
  return hash.digest("hex");
}

function filesBelow(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .flatMap((entry) => (entry.isFile() ? [path.join(entry.parentPath ?? entry.path, entry.name)] : []))
    .sort();
}

/** Bundles the server, with a map that leads stack traces to lines of TypeScript. */
function serverFiles(root, folder, inputs) {
  const [map, code] = build(root, inputs, {
    entryPoints: [path.join(folder, "src", "main.ts")],
    platform: "node",
    target: "node20",
    format: "cjs",
    minify: true,
    // Readable names in stack traces are worth the few bytes.
    keepNames: true,
    alias: { "@grpc/proto-loader": path.join(__dirname, "bundled-protos.js") },
    loader: { ".proto": "text" },
    outdir: path.join(folder, "dist"),
    sourcemap: "linked",
    sourcesContent: false,
  });
  const own = ownSources(JSON.parse(map.text), (source) => !source.includes("node_modules/"));
  // Node shows the line that threw; without its text that is a line of the bundle, which is very long.
  own.sourcesContent = own.sources.map((source) => fs.readFileSync(path.join(folder, "dist", source), "utf8"));
  return new Map([
    ["main.js", code.contents],
    ["main.js.map", Buffer.from(JSON.stringify(own))],
  ]);
}

/** Returns a folder of the package that the pages of all images share. */
function sharedFolder(root, name) {
  return path.join(root, "packages", "web", name);
}

/** Returns the files of an image's pages. A file in a subfolder is a part of others. */
function webFiles(root, web, inputs) {
  const files = new Map();
  if (!fs.existsSync(web)) return files;
  for (const folder of [sharedFolder(root, "public"), web]) {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(folder, entry.name);
      files.set(entry.name.replace(/\.ts$/, ".js"), webFile(root, file, inputs));
    }
  }
  return files;
}

function webFile(root, file, inputs) {
  if (/\.(ts|css)$/.test(file)) return bundled(root, file, inputs);
  inputs.add(path.relative(root, file));
  return file.endsWith(".html") ? pageWithParts(root, file, inputs) : fs.readFileSync(file);
}

/** Bundles a script or a style sheet with its imports. */
function bundled(root, file, inputs) {
  return build(root, inputs, {
    entryPoints: [file],
    platform: "browser",
    target: "es2021",
    format: "esm",
    minify: true,
  })[0].contents;
}

/**
 * Inserts the parts that pages share: `<!-- include header.html current="Nodes" -->` is replaced by that file of the
 * image's own or the shared folder parts/. The link with the text of `current` is marked as that of the present page.
 */
function pageWithParts(root, file, inputs) {
  const page = fs.readFileSync(file, "utf8");
  const insert = (_, name, current) => {
    const folders = [path.join(path.dirname(file), "parts"), sharedFolder(root, "parts")];
    const part = folders.map((folder) => path.join(folder, name)).find((each) => fs.existsSync(each));
    if (part === undefined) {
      throw new Error(`${path.relative(root, file)} includes ${name}, which none of its folders parts/ has`);
    }
    inputs.add(path.relative(root, part));
    const text = fs.readFileSync(part, "utf8").trim();
    return current === undefined ? text : text.replace(`>${current}</a>`, ` aria-current="page">${current}</a>`);
  };
  return Buffer.from(page.replace(/<!-- include (\S+)(?: current="([^"]+)")? -->/g, insert));
}

/** Returns the files that esbuild made: the map, if any, before the code. */
function build(root, inputs, options) {
  // Loaded late, because listing the names needs no compiler.
  const { buildSync } = require("esbuild");
  const { outputFiles = [], metafile } = buildSync({
    outdir: "out",
    sourcemap: false,
    ...options,
    alias: { ...packageFolders(root), ...options.alias },
    // Paths in the output are relative to this folder, so that every checkout gives the same bytes.
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    legalComments: "eof",
    charset: "utf8",
    logLevel: "silent",
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
  });
  if (outputFiles.length === 0) throw new Error("the bundler made no file");
  for (const input of Object.keys(metafile.inputs)) inputs.add(input);
  return outputFiles;
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
