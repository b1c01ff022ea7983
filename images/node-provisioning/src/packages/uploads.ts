import type { FastifyRequest } from "fastify";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageWithCause } from "@inaetics/base";
import type { Artifact } from "@inaetics/model";
import { Problem, unavailable, wrong } from "@inaetics/service";
import { needArtifact, addArtifact } from "../model/changes";
import type { Model } from "../model/stored";
import type { Blobs } from "../storage/blobs";
import type { FileCache } from "../storage/files";
import type { Store } from "../storage/store";
import { readBundle } from "./bundle";

export const LARGEST_UPLOAD = 32 * 1024 * 1024;
const MOST_AT_ONCE = 4;

/** Receives files that people send. They go to disk first, so that many at once do not fill the memory. */
export class Uploads {
  private running = 0;

  constructor(
    private readonly folder: Pick<FileCache, "fresh">,
    private readonly store: Store,
    private readonly blobs: Pick<Blobs, "put">,
  ) {}

  /**
   * Stores the file in the request's body; `isNew` is true when it was added. Throws a Problem when it is no usable
   * bundle.
   */
  async take(request: FastifyRequest): Promise<{ artifact: Artifact; isNew: boolean }> {
    const body = request.body as Readable | undefined;
    if (body === undefined) throw wrong("the body must be the file itself, as application/octet-stream");
    if (this.running >= MOST_AT_ONCE) throw unavailable(`${MOST_AT_ONCE} uploads are running; try again in a moment`);
    const file = this.folder.fresh();
    this.running++;
    try {
      await receive(request, body, file);
      return await this.keep(file);
    } finally {
      this.running--;
      await rm(file, { force: true });
    }
  }

  private async keep(file: string): Promise<{ artifact: Artifact; isNew: boolean }> {
    const artifact: Artifact = { ...(await readBundle(file)), createdAt: Date.now(), origin: "uploaded" };
    // Checks first, so that a refused file does not reach the broker.
    addArtifact(this.store.model, artifact);
    await this.blobs.put(artifact.sha256, file);
    let before: Model | undefined;
    const after = await this.store.changeModel((model) => addArtifact((before = model), artifact));
    // Puts it again, because an orphan of the same bytes may have been collected meanwhile.
    await this.blobs.put(artifact.sha256, file);
    return { artifact: needArtifact(after, artifact.name, artifact.version), isNew: before !== after };
  }
}

async function receive(request: FastifyRequest, body: Readable, file: string): Promise<void> {
  const limit = `at most ${LARGEST_UPLOAD / 1024 / 1024} MiB are allowed`;
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > LARGEST_UPLOAD) throw new Problem(413, `the file has ${announced} bytes; ${limit}`);
  let size = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      done(size > LARGEST_UPLOAD ? new Problem(413, `the file is too large; ${limit}`) : null, chunk);
    },
  });
  try {
    await pipeline(body, measure, createWriteStream(file));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw wrong(`the upload is not complete: ${messageWithCause(error)}; send the file again`);
  }
}
