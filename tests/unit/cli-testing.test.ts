/** Selection of tests by the words of `./cluster test`. Does not prove that mocha takes them: the command itself does. */
import { expect } from "chai";
import { affectedTests, importsOf } from "../../cli/testing/affected";
import { divide, layers, selectTests } from "../../cli/testing/plan";

describe("the selection of tests", () => {
  it("is all layers without a word, and those that are named, each once and in order", () => {
    expect(selectTests([])).to.deep.equal(layers.map((layer) => ({ layer })));
    expect(selectTests(["engine", "unit", "unit"])).to.deep.equal([{ layer: "unit" }, { layer: "engine" }]);
    expect(selectTests(["upgrade"])).to.deep.equal([{ layer: "upgrade" }]);
  });

  it("takes files, and the whole layer where it is named as well", () => {
    const file = "tests/unit/settings.test.ts";
    expect(selectTests([file, "./tests/cluster/cluster.test.ts"])).to.deep.equal([
      { layer: "unit", files: ["tests/unit/settings.test.js"] },
      { layer: "cluster", files: ["tests/cluster/cluster.test.js"] },
    ]);
    expect(selectTests([file, "unit"])).to.deep.equal([{ layer: "unit" }]);
  });

  it("refuses each word that is neither", () => {
    expect(() => selectTests(["units", "unit", "tests/unit/settings.ts"])).to.throw(
      /got "units", "tests\/unit\/settings\.ts"; allowed: unit, services, engine, images, cluster, browser, removal, upgrade/,
    );
    expect(() => selectTests(["tests/images/x.test.ts"])).to.throw(/got "tests\/images/);
  });

  it("refuses a former name of a layer and names today's", () => {
    expect(() => selectTests(["agents"])).to.throw(/got "agents" \(now named images\); allowed: unit, services/);
  });

  it("runs each file once, in as many processes as suit the layer", () => {
    const files = ["a", "b", "c"];
    expect(divide("unit", files)).to.deep.equal([["a", "c"], ["b"]]);
    expect(divide("unit", ["a"])).to.deep.equal([["a"]]);
    expect(divide("services", [...files, "discovery"])).to.deep.equal([["discovery"], ["a"], ["b"], ["c"]]);
    expect(divide("engine", files)).to.deep.equal([files]);
  });
});

describe("the tests that a change touches", () => {
  const sources = new Set(["packages/base/index.ts", "packages/base/text.ts", "cli/a.ts", "tests/unit/a.test.ts"]);
  const texts = {
    "packages/base/index.ts": 'export * from "./text";',
    "packages/base/text.ts": 'import { x } from "node:fs";',
    "cli/a.ts": 'import { y } from "@inaetics/base";\nconst later = () => import("./b.js");',
    "tests/unit/a.test.ts": 'import { a } from "../../cli/a";',
  };
  const imports = new Map(Object.entries(texts).map(([file, text]) => [file, importsOf(file, text, sources)]));

  it("import it by others, or are changed themselves", () => {
    expect(affectedTests(imports, new Set(["packages/base/text.ts"]))).to.deep.equal(["tests/unit/a.test.ts"]);
    expect(affectedTests(imports, new Set(["tests/unit/a.test.ts"]))).to.deep.equal(["tests/unit/a.test.ts"]);
    expect(affectedTests(imports, new Set(["docs/style.md", "tests/unit/gone.test.ts"]))).to.deep.equal([]);
  });

  it("are found through imports that go in circles", () => {
    const circle = new Map([
      ["a.ts", ["b.ts"]],
      ["b.ts", ["a.ts"]],
      ["tests/unit/c.test.ts", ["a.ts"]],
    ]);
    expect(affectedTests(circle, new Set(["b.ts"]))).to.deep.equal(["tests/unit/c.test.ts"]);
  });
});
