/** A build context: its files (without what .dockerignore leaves out), their hash, and the tar that the daemon gets. */
import { createHash, Hash } from "node:crypto";
import { createReadStream, Stats } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import * as path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack, Pack } from "tar-stream";
import { Ignore, ignoreRules } from "./ignore";

interface Entry {
  /** Path in the context, with slashes. */
  readonly name: string;
  readonly file: string;
  readonly about: Stats;
  /** Target, for a symbolic link. */
  readonly link: string | undefined;
}

export interface BuildContext {
  /** Path of the Dockerfile in the tar. */
  readonly dockerfile: string;
  /** The Dockerfile's text. */
  readonly text: string;
  readonly entries: readonly Entry[];
}

/**
 * Reads a build context.
 * @param folder the context
 * @param dockerfile path of the Dockerfile; it may be outside of the context
 * @throws Error that names the folder or file that is missing
 */
export async function readContext(folder: string, dockerfile: string): Promise<BuildContext> {
  const about = await lstat(folder).catch(() => undefined);
  if (about === undefined) throw new Error(`the build context ${path.resolve(folder)} does not exist`);
  if (!about.isDirectory()) throw new Error(`the build context ${path.resolve(folder)} is not a folder`);
  const text = await readFile(dockerfile, "utf8").catch((error: unknown) => {
    throw new Error(`cannot read the Dockerfile ${path.resolve(dockerfile)}: ${(error as Error).message}`);
  });
  const own = await readFile(`${dockerfile}.dockerignore`, "utf8").catch(() => undefined);
  const general = await readFile(path.join(folder, ".dockerignore"), "utf8").catch(() => "");
  const inside = path.relative(folder, dockerfile).split(path.sep).join("/");
  const outside = inside.startsWith("../") || path.isAbsolute(inside);
  // The daemon needs the Dockerfile even if the rules exclude it. The daemon itself then applies the rules to what can
  // be copied.
  const needed = outside ? [".dockerignore"] : [".dockerignore", inside];
  const entries = await walk(folder, "", ignoreRules(own ?? general), needed);
  if (!outside) return { dockerfile: inside, text, entries };
  const name = `.dockerfile.${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
  const extra = { name, file: dockerfile, about: await lstat(dockerfile), link: undefined };
  return { dockerfile: name, text, entries: [...entries, extra] };
}

async function walk(root: string, below: string, ignore: Ignore, needed: readonly string[]): Promise<Entry[]> {
  const found: Entry[] = [];
  for (const entry of (await readdir(path.join(root, below))).sort()) {
    const name = below === "" ? entry : `${below}/${entry}`;
    const file = path.join(root, name);
    const about = await lstat(file);
    const leadsToNeeded = needed.some((path) => path === name || path.startsWith(`${name}/`));
    const ignored = ignore(name) && !leadsToNeeded;
    if (about.isDirectory()) {
      const inside = ignored && !ignore.hasExceptions ? [] : await walk(root, name, ignore, needed);
      if (!ignored || inside.length > 0) found.push({ name, file, about, link: undefined }, ...inside);
    } else if (!ignored && (about.isFile() || about.isSymbolicLink())) {
      found.push({ name, file, about, link: about.isSymbolicLink() ? await readlink(file) : undefined });
    }
  }
  return found;
}

/** Digest that changes exactly with a name, a content, a mode or a link's target; times and owners are ignored. */
export async function contextDigest(context: BuildContext): Promise<string> {
  const digest = createHash("sha256");
  digest.update(`${context.dockerfile}\0`);
  for (const entry of context.entries) {
    const mode = entry.link === undefined ? (entry.about.mode & 0o7777).toString(8) : "";
    digest.update(`${kind(entry)}\0${entry.name}\0${mode}\0${entry.link ?? ""}\0`);
    if (entry.about.isFile()) digest.update(await fileDigest(entry.file));
  }
  return digest.digest("hex");
}

async function fileDigest(file: string): Promise<Buffer> {
  const digest: Hash = createHash("sha256");
  await pipeline(createReadStream(file), digest);
  return digest.digest();
}

function kind(entry: Entry): "directory" | "symlink" | "file" {
  if (entry.link !== undefined) return "symlink";
  return entry.about.isDirectory() ? "directory" : "file";
}

/** Returns the context as a tar stream; everything belongs to root, as with the docker client. */
export function contextTar(context: BuildContext): Readable {
  const tar = pack();
  void fill(tar, context.entries).catch((error: unknown) => tar.destroy(error as Error));
  // The tar's streams are from streamx, and only resemble Node's.
  return Readable.from(tar, { objectMode: false });
}

async function fill(tar: Pack, entries: readonly Entry[]): Promise<void> {
  for (const entry of entries) {
    const { name, about, link } = entry;
    const header = {
      name: about.isDirectory() ? `${name}/` : name,
      mode: about.mode & 0o7777,
      mtime: about.mtime,
      type: kind(entry),
      linkname: link,
    };
    if (about.isFile()) await pipeline(createReadStream(entry.file), tar.entry({ ...header, size: about.size }));
    else
      await new Promise<void>((resolve, reject) => tar.entry(header, (error) => (error ? reject(error) : resolve())));
  }
  tar.finalize();
}
