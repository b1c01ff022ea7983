/** The imports among the files and folders of cli/. Does not prove that a folder has what its name promises. */
import { expect } from "chai";
import * as path from "node:path";
import { importsOf } from "../../cli/testing/affected";
import { ownFiles, readSource } from "../support/repository";

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Reads the imports of each file of cli/ within cli/: static, lazy, and of types alone. */
function fileGraph(): Graph {
  const all = new Set(ownFiles("cli/*.ts"));
  return new Map([...all].map((name) => [name, new Set(importsOf(name, readSource(name), all))]));
}

function folderGraph(files: Graph): Graph {
  const folders = new Map<string, Set<string>>();
  for (const [file, targets] of files) {
    const own = path.dirname(file);
    const others = [...targets].map((target) => path.dirname(target)).filter((folder) => folder !== own);
    folders.set(own, new Set([...(folders.get(own) ?? []), ...others]));
  }
  return folders;
}

/** Returns a circle as the names along it; undefined when the graph has none. */
function circleOf(graph: Graph): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, before: readonly string[]): readonly string[] | undefined => {
    if (before.includes(name)) return [...before.slice(before.indexOf(name)), name];
    if (done.has(name)) return undefined;
    done.add(name);
    for (const target of graph.get(name) ?? []) {
      const circle = visit(target, [...before, name]);
      if (circle !== undefined) return circle;
    }
    return undefined;
  };
  for (const name of graph.keys()) {
    const circle = visit(name, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

describe("the imports of cli/", () => {
  const files = fileGraph();
  const folders = folderGraph(files);

  it("have no circle, neither of files nor of folders", () => {
    expect(circleOf(files)).to.equal(undefined);
    expect(circleOf(folders)).to.equal(undefined);
  });

  it("reach commands/ only from main.ts", () => {
    const importers = [...folders].filter(([, targets]) => targets.has("cli/commands")).map(([folder]) => folder);
    expect(importers).to.deep.equal(["cli"]);
  });

  it("show a circle where one exists", () => {
    const circle = new Map([
      ["a", new Set(["b"])],
      ["b", new Set(["c"])],
      ["c", new Set(["b"])],
    ]);
    expect(circleOf(circle)).to.deep.equal(["b", "c", "b"]);
  });
});
