/**
 * Bundling of the services: the same sources give the same bytes in any folder, and nothing is done twice.
 * Not proven here: that the bundles work (tests/services).
 */
import { expect } from "chai";
import * as fs from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { repository } from "../support/repository";

// eslint-disable-next-line @typescript-eslint/no-require-imports -- a plain script, not a part of the build
const { bundle, bundledImages } = require(path.join(repository, "tools", "bundle.js")) as {
  bundle: (name: string, root?: string) => string;
  bundledImages: (root?: string) => readonly string[];
};

describe("bundle", function () {
  this.timeout(120_000);
  let copy: string;
  const main = (): string => path.join(copy, "images", "datastore-viewer", "dist", "main.js");

  before(() => {
    copy = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-bundle-"));
    for (const folder of ["images/queue-agent", "images/datastore-viewer", "packages"]) {
      const filter = (file: string): boolean => !file.endsWith("/dist") && !file.endsWith("/node_modules");
      fs.cpSync(path.join(repository, folder), path.join(copy, folder), { recursive: true, filter });
    }
    fs.symlinkSync(path.join(repository, "node_modules"), path.join(copy, "node_modules"));
  });
  after(() => fs.rmSync(copy, { recursive: true, force: true }));

  it("names the images that it can bundle", () => {
    expect(bundledImages(copy)).to.deep.equal(["datastore-viewer", "queue-agent"]);
    expect(() => bundle("nothing", copy)).to.throw(
      "images/nothing cannot be bundled; allowed: datastore-viewer, queue-agent",
    );
  });

  it("makes the same bytes in another folder", () => {
    const here = fs.readFileSync(path.join(bundle("datastore-viewer"), "main.js"));
    bundle("datastore-viewer", copy);
    expect(fs.readFileSync(main()).equals(here)).to.equal(true);
    expect(here.includes(repository)).to.equal(false);
    const map = fs.readFileSync(`${main()}.map`, "utf8");
    expect(map).to.equal(fs.readFileSync(path.join(bundle("datastore-viewer"), "main.js.map"), "utf8"));
  });

  it("leads to the lines of own sources, and of no library", () => {
    const code = fs.readFileSync(main(), "utf8");
    const payload = JSON.parse(fs.readFileSync(`${main()}.map`, "utf8")) as SourceMapPayload;
    const map = new SourceMap(payload);
    const originOf = (text: string): { readonly originalSource?: string; readonly originalLine?: number } => {
      const lines = code.slice(0, code.indexOf(text)).split("\n");
      return map.findEntry(lines.length - 1, lines.at(-1)?.length ?? 0);
    };
    const { originalSource, originalLine = 0 } = originOf('"SAMPLES"');
    expect(originalSource).to.match(/packages\/samples\/names\.ts$/);
    const source = fs.readFileSync(path.join(repository, "packages", "samples", "names.ts"), "utf8");
    expect(source.split("\n")[originalLine]).to.include('"SAMPLES"');
    expect(code).to.include("FST_ERR_NOT_FOUND");
    expect(originOf("FST_ERR_NOT_FOUND")).to.not.have.property("originalSource");
    expect(payload.sources.filter((name) => name.includes("node_modules"))).to.have.length(0);
  });

  it("writes no file that stays the same, also when it does everything again", () => {
    const before = fs.statSync(main()).mtimeMs;
    bundle("datastore-viewer", copy);
    fs.rmSync(path.join(copy, ".build"), { recursive: true });
    bundle("datastore-viewer", copy);
    expect(fs.statSync(main()).mtimeMs).to.equal(before);
  });

  it("detects a changed source, a new page, and a damaged or foreign file", () => {
    const dist = path.join(copy, "images", "datastore-viewer", "dist");
    const source = path.join(copy, "packages", "samples", "names.ts");
    fs.writeFileSync(source, fs.readFileSync(source, "utf8").replace('"SAMPLES"', '"OTHERS"'));
    fs.writeFileSync(path.join(copy, "images", "datastore-viewer", "web", "more.html"), "<p>more</p>");
    bundle("datastore-viewer", copy);
    expect(fs.readFileSync(main(), "utf8")).to.include("OTHERS");
    expect(fs.existsSync(path.join(dist, "public", "more.html"))).to.equal(true);
    const good = fs.readFileSync(main());
    fs.writeFileSync(main(), "damaged");
    fs.writeFileSync(path.join(dist, "public", "old.js"), "left over");
    bundle("datastore-viewer", copy);
    expect(fs.readFileSync(main()).equals(good)).to.equal(true);
    expect(fs.existsSync(path.join(dist, "public", "old.js"))).to.equal(false);
  });

  it("joins pages and style sheets with the parts that they share", () => {
    const file = (name: string): string =>
      fs.readFileSync(path.join(copy, "images", "datastore-viewer", "dist", "public", name), "utf8");
    expect(file("nodes.html")).to.match(/charset="utf-8"[\s\S]*<a href="\/nodes"[^>]* aria-current="page">Nodes<\/a>/);
    expect(file("nodes.html").match(/aria-current/g)).to.have.length(1);
    expect(file("style.css")).to.include("--ground:").and.not.include("@import");
    expect(file("icon.svg")).to.match(/^<svg/);
    const part = path.join(copy, "packages", "web", "parts", "head.html");
    fs.appendFileSync(part, '<meta name="changed" />\n');
    bundle("datastore-viewer", copy);
    expect(file("nodes.html")).to.include('<meta name="changed" />');
    const page = path.join(copy, "images", "datastore-viewer", "web", "more.html");
    fs.writeFileSync(page, "<!-- include nothing.html -->");
    expect(() => bundle("datastore-viewer", copy)).to.throw("web/more.html includes nothing.html, which none");
    fs.rmSync(page);
  });

  it("names the place of an error in a source", () => {
    fs.appendFileSync(path.join(copy, "packages", "samples", "names.ts"), "\nexport const = 1;\n");
    expect(() => bundle("datastore-viewer", copy)).to.throw(/names\.ts:\d+/);
  });
});
