/** Encryption of what leaves this checkout: copies of its state, and backups. */
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { Failure } from "@inaetics/workstation";

/**
 * Encrypts bytes by a passphrase, in the format of age (age-encryption.org/v1). `age --decrypt` opens the result, too.
 * Takes about 1 s, because the key is derived by scrypt.
 */
export async function seal(content: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return await encrypter.encrypt(content);
}

/**
 * Decrypts the result of {@link seal}.
 * @param name names the content in errors, e.g. the file's path
 * @throws Failure when the passphrase is another one, or the content is damaged
 */
export async function unseal(sealed: Uint8Array, passphrase: string, name: string): Promise<Uint8Array> {
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(sealed);
  } catch (error) {
    throw notOpened(name, error);
  }
}

/** Encrypts as {@link seal} does, a stream of any length in constant memory. */
export async function sealStream(content: Readable, passphrase: string): Promise<Readable> {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return nodeStream(await encrypter.encrypt(webStream(content)));
}

/**
 * Decrypts the result of {@link sealStream}. The stream fails where the content is damaged or ends too early; its
 * reader turns that into a Failure by {@link notOpened}.
 * @throws Failure when the passphrase is another one
 */
export async function unsealStream(sealed: Readable, passphrase: string, name: string): Promise<Readable> {
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return nodeStream(await decrypter.decrypt(webStream(sealed)));
  } catch (error) {
    throw notOpened(name, error);
  }
}

/** The error for content that cannot be decrypted. */
export function notOpened(name: string, cause: unknown): Failure {
  return new Failure(
    `${name} cannot be decrypted: the passphrase is another one, or the content is damaged`,
    "Give the passphrase of the checkout that made it by PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE.",
    { cause },
  );
}

// The two declarations of the same web stream differ: Node's, and the browser's that the library uses.
type WebStream = globalThis.ReadableStream<Uint8Array<ArrayBuffer>>;

function webStream(stream: Readable): WebStream {
  return Readable.toWeb(stream) as unknown as WebStream;
}

function nodeStream(stream: globalThis.ReadableStream<Uint8Array>): Readable {
  return Readable.fromWeb(stream as unknown as ReadableStream);
}
