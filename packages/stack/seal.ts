/** Encryption of what leaves this checkout: copies of its state, and backups. */
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
    throw new Failure(
      `${name} cannot be decrypted: the passphrase is another one, or the content is damaged`,
      "Give the passphrase of the checkout that made it by PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE.",
      { cause: error },
    );
  }
}
