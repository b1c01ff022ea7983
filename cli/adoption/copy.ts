/** Content of a copy of a stack's state: all that another folder needs to continue with the boxes. No I/O. */
import * as path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { messageOf } from "@inaetics/base";
import { seal, unseal } from "@inaetics/stack";
import { Failure } from "@inaetics/workstation";
import * as z from "zod/mini";

const copySchema = z.object({
  format: z.literal(1),
  stack: z.string(),
  /** Id of the checkout, which the boxes have as a label. */
  checkout: z.string(),
  /** Time of the copy, ISO 8601. */
  time: z.string(),
  /** Salt of the stack's file, by which Pulumi recognises the passphrase. */
  salt: z.optional(z.string()),
  /** Text of Pulumi's file of the deployment. */
  checkpoint: z.string(),
  /** The stack's own files by their path in the run folder: content in base64, and mode. */
  files: z.record(z.string(), z.object({ content: z.string(), mode: z.number() })),
});

export type StateCopy = z.infer<typeof copySchema>;

/** Compresses a copy and encrypts it by the passphrase. */
export async function pack(copy: StateCopy, passphrase: string): Promise<Uint8Array> {
  return seal(gzipSync(JSON.stringify(copy)), passphrase);
}

/**
 * Decrypts a copy and checks it.
 * @throws Failure when the passphrase is another one, or the copy is of another stack or version
 */
export async function unpack(sealed: Uint8Array, passphrase: string, stack: string): Promise<StateCopy> {
  const name = `the copy of the state of stack ${stack}`;
  const content = await unseal(sealed, passphrase, name);
  const copy = read(content, name);
  const outside = Object.keys(copy.files).filter((file) => !isInside(file));
  if (copy.stack === stack && outside.length === 0) return copy;
  const reason = outside.length === 0 ? `is of stack ${copy.stack}` : `has files elsewhere: ${outside.join(", ")}`;
  throw new Failure(`${name} ${reason}`, "Adopt it as the stack that its boxes belong to.");
}

function read(content: Uint8Array, name: string): StateCopy {
  try {
    return z.parse(copySchema, JSON.parse(gunzipSync(content).toString("utf8")));
  } catch (error) {
    throw new Failure(
      `${name} has a form that this version cannot read: ${messageOf(error)}`,
      "Adopt it by the version that made it, then update.",
    );
  }
}

function isInside(file: string): boolean {
  const normal = path.normalize(file);
  return normal === file && !path.isAbsolute(file) && !normal.startsWith("..");
}
