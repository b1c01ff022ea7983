/** Upstream programs that boxes run, from the cache. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type BoxRole, readLock } from "../../tools/lock";

/** A set of programs in the cache, and the images that boxes load. */
export interface Programs {
  /** Name of the set's folder below `<cache>/boxes`. */
  readonly set: string;
  /** Versions of the programs that a role runs, by tool; a changed version is an upgrade of the box. */
  readonly versions: Readonly<Record<BoxRole, Versions>>;
  /** Version of the broker, which runs in pods. */
  readonly broker: Versions;
  /** Version of Kubernetes in its own notation: `v1.2.3`. */
  readonly kubernetes: string;
  /** Base images in the cache: name -> name of the file, which contains a hash of everything in the image. */
  readonly images: Readonly<Record<string, string>>;
}

/** Tool -> version. */
export type Versions = Readonly<Record<string, string>>;

/** The base images that boxes load. */
const baseImages = ["nats", "node", "java", "java-build", "c", "c-build", "pause"];

/**
 * Reads the set of programs that fits the lock file.
 * @throws Error when the cache has other versions than the lock file
 */
export function readPrograms(project: string, cache: string): Programs {
  const tools = readLock(project);
  const sets = programSets(join(cache, "boxes"));
  const wrongIn = ({ versions }: ProgramSet) =>
    tools.filter((tool) => tool.box.length > 0 && versions[tool.name] !== tool.version);
  const newest = sets[0] ?? { name: undefined, versions: {} };
  // Checkouts of several versions share the cache, so the newest set may belong to another checkout.
  const { name: set, versions: found } = sets.find((each) => wrongIn(each).length === 0) ?? newest;
  const wrong = wrongIn({ versions: found });
  if (set === undefined || wrong.length > 0) {
    const names = wrong.map((tool) => `${tool.name} ${found[tool.name] ?? "none"}, not ${tool.version}`);
    throw new Error(
      `programs: the cache has ${names.join("; ")}; allowed are the versions of tools/lock.yaml; do: ./cluster up`,
    );
  }
  const versionsOf = (role: BoxRole): Versions =>
    Object.fromEntries(tools.filter((tool) => tool.box.includes(role)).map((tool) => [tool.name, tool.version]));
  const images = baseImages.map((name) => [name, linkTarget(join(cache, "images", `${name}.tar`))] as const);
  return {
    set,
    versions: { controller: versionsOf("controller"), node: versionsOf("node") },
    broker: Object.fromEntries(
      tools.filter(({ name }) => name === "nats-server").map((tool) => [tool.name, tool.version]),
    ),
    kubernetes: `v${found["kubernetes"] ?? ""}`,
    images: Object.fromEntries(images.flatMap(([name, file]) => (file === undefined ? [] : [[name, file]]))),
  };
}

interface ProgramSet {
  readonly name?: string;
  readonly versions: Versions;
}

/** Returns the sets of programs in the cache, the newest first. */
function programSets(boxes: string): readonly ProgramSet[] {
  if (!existsSync(boxes)) return [];
  const made = (name: string): number => statSync(join(boxes, name, "versions")).mtimeMs;
  return readdirSync(boxes, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(boxes, entry.name, "versions")))
    .map(({ name }) => name)
    .sort((one, other) => made(other) - made(one))
    .map((name) => ({ name, versions: parseVersions(readFileSync(join(boxes, name, "versions"), "utf8")) }));
}

/** Reads `<tool>=<version>` lines. Pure. */
export function parseVersions(text: string): Versions {
  const lines = text.split("\n").filter((line) => line.includes("="));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

/** Writes versions as {@link parseVersions} reads them. Pure. */
export function formatVersions(versions: Versions): string {
  return Object.entries(versions)
    .map(([tool, version]) => `${tool}=${version}\n`)
    .join("");
}

/** Returns a short text for the base images of a Dockerfile; it changes with any of them. Pure. */
export function basesOf(dockerfile: string, images: Programs["images"]): string {
  const named = [...dockerfile.matchAll(/\b(?:FROM|from=)\s*inaetics\/([a-z-]+)/gi)].map((match) => match[1] ?? "");
  const files = [...new Set(named)].sort().map((name) => images[name] ?? name);
  return createHash("sha256").update(files.join("\n")).digest("hex").slice(0, 12);
}

function linkTarget(link: string): string | undefined {
  return existsSync(link) ? basename(readlinkSync(link)) : undefined;
}
