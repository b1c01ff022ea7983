import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { rm } from "node:fs/promises";
import * as path from "node:path";

/** A file that was created once and may be read often. */
export interface CachedFile {
  readonly file: string;
  readonly sha256: string;
  readonly size: number;
}

/**
 * Cache of files on disk by key, limited in bytes: the least recently used are deleted. A reader keeps a file that it
 * has open.
 */
export class FileCache {
  private readonly files = new Map<string, CachedFile>();
  private readonly making = new Map<string, Promise<CachedFile>>();
  private counter = 0;

  constructor(
    private readonly folder: string,
    private readonly mostBytes: number,
  ) {
    fs.mkdirSync(folder, { recursive: true });
  }

  /** Returns the file of the key. `make` writes it, at most once at a time, and returns its digest and size. */
  async get(key: string, make: (file: string) => Promise<{ sha256: string; size: number }>): Promise<CachedFile> {
    const found = this.files.get(key);
    if (found !== undefined) {
      this.files.delete(key);
      this.files.set(key, found);
      return found;
    }
    const running = this.making.get(key) ?? this.make(key, make).finally(() => this.making.delete(key));
    this.making.set(key, running);
    return running;
  }

  /** Returns a new file name. */
  fresh(): string {
    return path.join(this.folder, `${++this.counter}`);
  }

  private async make(
    key: string,
    make: (file: string) => Promise<{ sha256: string; size: number }>,
  ): Promise<CachedFile> {
    const file = this.fresh();
    try {
      const made = { file, ...(await make(file)) };
      this.files.set(key, made);
      this.shrink(key);
      return made;
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
  }

  private shrink(keep: string): void {
    let bytes = [...this.files.values()].reduce((sum, each) => sum + each.size, 0);
    for (const [key, { file, size }] of this.files) {
      if (bytes <= this.mostBytes) return;
      if (key === keep) continue;
      bytes -= size;
      this.files.delete(key);
      fs.rmSync(file, { force: true });
    }
  }
}

/** SHA-256 (hex) and size in bytes of a file. */
export async function digestOf(file: string): Promise<{ sha256: string; size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of fs.createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest("hex"), size };
}
