/** Completes the images' build contexts: TypeScript images are bundled here, so that boxes build without a network. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { basesOf, type Programs } from "../box/programs";

interface Bundler {
  readonly bundle: (name: string) => void;
}

/** Bundles `images/<folder>/src` into `images/<folder>/dist`, if the image has it. Same sources give same bytes. */
export function prepareImage(project: string, folder: string): void {
  if (!existsSync(join(project, "images", folder, "package.json"))) return;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a plain script that also runs by itself
  const bundler = require(join(project, "tools", "bundle.js")) as Bundler;
  bundler.bundle(folder);
}

/** Returns a text that changes with the base images of `images/<folder>`. */
export function imageBases(project: string, folder: string, images: Programs["images"]): string {
  return basesOf(readFileSync(join(project, "images", folder, "Dockerfile"), "utf8"), images);
}
