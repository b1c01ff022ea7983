/** Writes docs/versions.md of a checkout; tools/versions calls it. */
import * as fs from "node:fs";
import * as path from "node:path";
import { readLock, readParts, readRequirements } from "./lock";
import { versionsPage } from "./versionspage";

const [root = "."] = process.argv.slice(2);
const file = path.join("docs", "versions.md");

try {
  const tools = readLock(root);
  fs.writeFileSync(path.join(root, file), versionsPage(tools, readParts(root), readRequirements(root, tools)));
  console.log(file);
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
