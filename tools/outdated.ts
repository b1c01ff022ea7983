/** Prints releases newer than the lock file's, and parts whose support ends; tools/outdated calls it. */
import { cacheFolder } from "@inaetics/workstation";
import { table } from "@inaetics/base";
import { readLock, readParts, readRequirements } from "./lock";
import { cells, compare, heading } from "./newer";
import { askAll } from "./registry";
import { sourceOfPart, sourceOfTool } from "./sources";
import { isoDay } from "./support";

async function outdated(root: string): Promise<void> {
  const tools = readLock(root);
  const parts = readParts(root);
  const requirements = readRequirements(root, tools);
  const sources = [
    ...tools.map((tool) => sourceOfTool(tool, requirements.get(tool.name))),
    ...parts.map((part) => sourceOfPart(part)),
  ];
  console.error("asking the registries, about a minute ...");
  const answers = await askAll(sources, cacheFolder(process.env));
  const today = isoDay(new Date());
  const rows = [...tools, ...parts].map((entry, i) => compare(entry, answers[i], today));
  console.log(table([heading, ...rows].map(cells)));
  if (answers.some((answer) => answer !== undefined && "versions" in answer)) return;
  throw new Error("no registry answered; check the network, and that go, npm and apt-cache are on PATH");
}

outdated(process.argv[2] ?? ".").catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
