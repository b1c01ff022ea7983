import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "@inaetics/workstation";
import { affectedTests, importsOf } from "./affected";
import { type Layer, selectTests, type Selection } from "./plan";

/** Layers of `--changed` where none is named: those that start no boxes. */
const quick: readonly Layer[] = ["unit", "services", "engine", "browser"];

/**
 * Selects the tests that import what differs from the branch main, committed or not.
 * @param words names of layers to select from
 * @throws Failure when git does not know main
 */
export async function changedTests(root: string, words: readonly string[]): Promise<readonly Selection[]> {
  const wanted = words.length === 0 ? quick : selectTests(words).map(({ layer }) => layer);
  const git = async (...args: readonly string[]): Promise<readonly string[]> =>
    (await run("git", args, { cwd: root, cure: "Name the layers or files to test instead." }))
      .split("\n")
      .filter(Boolean);
  const fresh = await git("ls-files", "--others", "--exclude-standard");
  const differing = await git("diff", "--name-only", "--merge-base", "main");
  const listed = [
    ...(await git("ls-files", "--cached", "--", "*.ts")),
    ...fresh.filter((file) => file.endsWith(".ts")),
  ];
  const sources = new Set(listed.filter((file) => fs.existsSync(path.join(root, file))));
  const imports = new Map(
    [...sources].map((file) => [file, importsOf(file, fs.readFileSync(path.join(root, file), "utf8"), sources)]),
  );
  const tests = affectedTests(imports, new Set([...differing, ...fresh]));
  // No word would select all layers.
  return tests.length === 0 ? [] : selectTests(tests).filter(({ layer }) => wanted.includes(layer));
}
