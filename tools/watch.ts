/**
 * Runs unit tests after each change of the sources: `npm run test:watch [FILE...]`. Without a file it runs the tests of
 * the changes since main, by `./cluster test --changed`.
 */
import { runAttached } from "@inaetics/workstation";
import * as fs from "node:fs";
import * as path from "node:path";
import { sleep } from "@inaetics/base";

const root = path.resolve(__dirname, "..", "..");
const folders = ["cli", "components", "images", "packages", "plugins", "tests", "tools"];
const SETTLE_MS = 300;

async function watch(files: readonly string[]): Promise<void> {
  const words = files.length > 0 ? files : ["--changed", "unit"];
  let again = true;
  let wake: () => void = () => undefined;
  for (const folder of folders) {
    fs.watch(path.join(root, folder), { recursive: true }, (_event, file) => {
      if (file === null || !/\.ts$/.test(file) || file.includes("node_modules")) return;
      again = true;
      wake();
    });
  }
  for (;;) {
    while (again) {
      await sleep(SETTLE_MS);
      again = false;
      await runAttached(path.join(root, "cluster"), ["test", ...words], { cwd: root });
    }
    await new Promise<void>((resolve) => (wake = resolve));
  }
}

void watch(process.argv.slice(2));
