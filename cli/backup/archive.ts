import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, pack, type Pack } from "tar-stream";
import { notOpened, sealStream, unsealStream } from "@inaetics/stack";
import { Failure } from "@inaetics/workstation";

/** Writes an encrypted archive. The file has its name only when it is complete; only its owner can read it. */
export class ArchiveWriter {
  private failure: unknown;

  private constructor(
    private readonly file: string,
    private readonly partial: string,
    private readonly tar: Pack,
    private readonly written: Promise<void>,
  ) {}

  static async create(file: string, passphrase: string): Promise<ArchiveWriter> {
    const partial = `${file}.${process.pid}.partial`;
    const tar = pack();
    const sealed = await sealStream(Readable.from(tar, { objectMode: false }), passphrase);
    const written = pipeline(sealed, createWriteStream(partial, { flags: "wx", mode: 0o600, flush: true }));
    const writer = new ArchiveWriter(file, partial, tar, written);
    // An entry that waits for room would wait for ever after a failed write.
    written.catch((error: unknown) => {
      writer.failure = error;
      tar.destroy();
    });
    return writer;
  }

  /** Appends an entry; waits while the disk is slower. */
  async add(name: string, content: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null) => (error ? reject(this.reason(error)) : resolve());
      try {
        this.tar.entry({ name, mode: 0o600 }, Buffer.from(content), done);
      } catch (error) {
        reject(this.reason(error));
      }
    });
  }

  /** Completes the file and gives it its name. */
  async finish(): Promise<void> {
    this.tar.finalize();
    await this.written;
    await rename(this.partial, this.file);
  }

  /** Removes the unfinished file. */
  async abandon(): Promise<void> {
    this.tar.destroy();
    await this.written.catch(() => undefined);
    await rm(this.partial, { force: true });
  }

  private reason(error: unknown): Error {
    const cause = this.failure ?? error;
    const text = cause instanceof Error ? cause.message : String(cause);
    return new Failure(`${this.file} cannot be written: ${text}`, "Name another file, or free some space.");
  }
}

/** An entry while the archive is read. */
export interface Entry {
  readonly name: string;
  readonly content: Uint8Array;
}

/**
 * Reads an encrypted archive entry by entry.
 * @throws Failure when the passphrase does not fit, or when the file is damaged or cut off
 */
export async function* readArchive(file: string, passphrase: string): AsyncGenerator<Entry> {
  const source = createReadStream(file);
  const tar = extract();
  let broken: unknown;
  const opened = await unsealStream(source, passphrase, file);
  const fed = pipeline(opened, tar).catch((error: unknown) => {
    broken = error;
  });
  let complete = false;
  try {
    for await (const entry of tar) {
      yield { name: entry.header.name, content: await contentOf(entry as unknown as Readable) };
    }
    await fed;
    complete = broken === undefined;
  } catch (error) {
    broken ??= error;
  } finally {
    tar.destroy();
    source.destroy();
    await fed;
  }
  if (!complete) throw notOpened(file, broken);
}

async function contentOf(stream: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
