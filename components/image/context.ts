/** Makes the images' build contexts complete: TypeScript ones are bundled here, so that boxes need no network to build. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { basesOf, type Programs } from "../box/programs";

interface Bundler {
  readonly bundle: (name: string) => void;
}

/** Bundles `images/<folder>/src` into `images/<folder>/dist`; nothing for images of another kind. Same sources, same bytes. */
export function prepareImage(project: string, folder: string): void {
  if (!existsSync(join(project, "images", folder, "package.json"))) return;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a plain script that also runs by itself
  const bundler = require(join(project, "tools", "bundle.js")) as Bundler;
  bundler.bundle(folder);
}

/** Changes with the base images of `images/<folder>`. */
export function imageBases(project: string, folder: string, images: Programs["images"]): string {
  return basesOf(readFileSync(join(project, "images", folder, "Dockerfile"), "utf8"), images);
}
