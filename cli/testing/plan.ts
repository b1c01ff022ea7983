/** Selects tests by the words of `./cluster test`. Pure. */
import { Failure } from "@inaetics/workstation";

export const layers = ["unit", "services", "engine", "images", "cluster", "browser"] as const;

/** Layers that run only when they are named, because they take long and prove one thing. */
const optional = ["removal", "upgrade", "controllers", "interruptions"] as const;

export type Layer = (typeof layers)[number] | (typeof optional)[number];
const all: readonly Layer[] = [...layers, ...optional];

/** Names of today for those that layers had before. */
const renamed: ReadonlyMap<string, string> = new Map([["agents", "images"]]);

/** One layer to run. */
export interface Selection {
  readonly layer: Layer;
  /** Compiled test files, relative to `.build`; undefined: all of the layer. */
  readonly files?: readonly string[];
}

/**
 * Groups words by layer: names of layers, and test files such as `tests/unit/shell.test.ts`. No word selects all layers.
 * @throws Failure that names each word that is neither
 */
export function selectTests(words: readonly string[]): readonly Selection[] {
  if (words.length === 0) return layers.map((layer) => ({ layer }));
  const unknown = words.filter((word) => layerOf(word) === undefined);
  if (unknown.length > 0) {
    throw new Failure(
      `test: got ${unknown.map(describeUnknown).join(", ")}; allowed: ${all.join(", ")}, ` +
        "and test files such as tests/unit/settings.test.ts",
    );
  }
  return all.flatMap((layer) => {
    const own = words.filter((word) => layerOf(word) === layer);
    if (own.length === 0) return [];
    return own.includes(layer) ? [{ layer }] : [{ layer, files: own.map(compiled) }];
  });
}

function describeUnknown(word: string): string {
  const name = renamed.get(word);
  return name === undefined ? `"${word}"` : `"${word}" (now named ${name})`;
}

/** The layer that a word names, or to which a file belongs. */
function layerOf(word: string): Layer | undefined {
  const folder = /^(?:\.\/)?tests\/([a-z]+)\/.*\.test\.ts$/.exec(word)?.[1];
  return all.find((layer) => layer === word || (layer === folder && layer !== "images"));
}

function compiled(file: string): string {
  return file.replace(/^\.\//, "").replace(/\.ts$/, ".js");
}

/** Files of services that take about a minute each: started first, so that none of them runs alone at the end. */
const isLong = (file: string): boolean => /coordinator|discovery|viewer-nodes/.test(file);

/**
 * Divides the test files of a layer among processes: unit tests among two, because the project's machines have two
 * cores; each file of the services for itself, because most of its time it waits; all others run in one process.
 */
export function divide(layer: Layer, files: readonly string[]): readonly (readonly string[])[] {
  if (layer === "services") {
    return [...files.filter(isLong), ...files.filter((file) => !isLong(file))].map((file) => [file]);
  }
  const count = layer === "unit" ? Math.min(2, files.length) : 1;
  return Array.from({ length: count }, (_, part) => files.filter((_file, index) => index % count === part));
}
