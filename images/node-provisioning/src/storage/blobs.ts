import { Objm, type ObjectStore } from "@nats-io/obj";
import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { type Log, withTimeout } from "@inaetics/base";
import { absentAsUndefined, type JetStream } from "@inaetics/service";
import { digestOf, type CachedFile, type FileCache } from "./files";

const BUCKET = "artifacts";
const STREAM = `OBJ_${BUCKET}`;
const READ_MS = 30_000;
/** Age in ms after which an unreferenced object is an orphan. A younger one may belong to a running upload. */
const ORPHAN_MS = 3600_000;

/** Bytes of the artifacts by SHA-256, in the broker's object store and, after first use, on disk. */
export class Blobs {
  private constructor(
    private readonly store: ObjectStore,
    private readonly cache: FileCache,
    private readonly log: Log,
  ) {}

  static async open({ stream, manager }: JetStream, replicas: number, cache: FileCache, log: Log): Promise<Blobs> {
    const current = await absentAsUndefined(manager.streams.info(STREAM));
    if (current !== undefined && current.config.num_replicas !== replicas) {
      await manager.streams.update(STREAM, { ...current.config, num_replicas: replicas });
    }
    return new Blobs(await new Objm(stream).create(BUCKET, { replicas, storage: "file" }), cache, log);
  }

  /** Stores a file unless it is stored already. */
  async put(sha256: string, file: string): Promise<void> {
    if (await this.has(sha256)) return;
    const content = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
    await this.store.put({ name: sha256 }, content as Parameters<ObjectStore["put"]>[1]);
  }

  /** Rejects when the broker does not have it or does not answer. */
  get(sha256: string): Promise<CachedFile> {
    return this.cache.get(sha256, (file) => withTimeout(this.fetch(sha256, file), READ_MS));
  }

  async has(sha256: string): Promise<boolean> {
    const info = await this.store.info(sha256);
    return info !== null && !info.deleted;
  }

  /** Deletes objects that nothing refers to any more. `used` is called again for each. */
  async collect(used: (sha256: string) => boolean, now: number = Date.now()): Promise<void> {
    for (const { name, mtime, deleted } of await this.store.list()) {
      if (deleted || used(name) || now - Date.parse(mtime) < ORPHAN_MS) continue;
      await this.store.delete(name);
      this.log.info(`artifact ${name}: removed, because nothing refers to it`);
    }
  }

  private async fetch(sha256: string, file: string): Promise<{ sha256: string; size: number }> {
    const found = await this.store.get(sha256);
    if (found === null) throw new Error(`the broker does not have the bytes of artifact ${sha256}`);
    // A failure here also appears as a failure of the data.
    found.error.catch(() => undefined);
    await pipeline(Readable.fromWeb(found.data as ReadableStream<Uint8Array>), createWriteStream(file));
    const read = await digestOf(file);
    if (read.sha256 !== sha256) throw new Error(`the broker returned other bytes for artifact ${sha256}`);
    return read;
  }
}
