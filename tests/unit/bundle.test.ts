/**
 * Bundling of the services: the same sources give the same bytes in any folder, and nothing is done twice.
 * Not proven here: that the bundles work (tests/engine).
 */
import { expect } from "chai";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const project = path.resolve(__dirname, "..", "..", "..");
// eslint-disable-next-line @typescript-eslint/no-require-imports -- a plain script, not a part of the build
const { bundle, bundledImages } = require(path.join(project, "tools", "bundle.js")) as {
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
      fs.cpSync(path.join(project, folder), path.join(copy, folder), { recursive: true, filter });
    }
    fs.symlinkSync(path.join(project, "node_modules"), path.join(copy, "node_modules"));
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
    expect(here.includes(project)).to.equal(false);
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

  it("names the place of an error in a source", () => {
    fs.appendFileSync(path.join(copy, "packages", "samples", "names.ts"), "\nexport const = 1;\n");
    expect(() => bundle("datastore-viewer", copy)).to.throw(/names\.ts:\d+/);
  });
});
