/** Archives for the boxes. The same files give the same text, so a resource changes only when a file changes. */
import { pack } from "tar-stream";

/** A file of an archive. */
export interface ArchiveFile {
  /** Path below the folder in which the archive is unpacked. */
  readonly path: string;
  readonly content: string;
  /** Permission bits; keys are 0600. */
  readonly mode: number;
}

/** Packs the files into a tar archive in base64, sorted by path and without times and owners. */
export async function archive(files: readonly ArchiveFile[]): Promise<string> {
  const tar = pack();
  const sorted = [...files].sort((one, other) => (one.path < other.path ? -1 : 1));
  for (const file of sorted) {
    tar.entry({ name: file.path, mode: file.mode, mtime: new Date(0), uid: 0, gid: 0 }, file.content);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("base64");
}
