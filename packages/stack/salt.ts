/** The salt by which Pulumi recognises a passphrase. Pure. */
import { createDecipheriv, pbkdf2Sync } from "node:crypto";
import { parseDocument } from "yaml";

/** Cache of answers, because one takes 0.3 s and `up` needs it before and after its set-up. */
const answers = new Map<string, boolean>();

/**
 * True when a salt was made with a passphrase. Its form is `v1:<salt>:v1:<nonce>:<ciphertext>`. The ciphertext is the
 * word "pulumi" in AES-256-GCM, under the passphrase's key. Also true for any other form, because Pulumi itself checks it.
 */
export function saltFits(encryptionSalt: string, passphrase: string): boolean {
  const [version, salt, inner, nonce, sealed, ...rest] = encryptionSalt.split(":");
  if (version !== "v1" || inner !== "v1" || !salt || !nonce || !sealed || rest.length > 0) return true;
  const question = `${encryptionSalt}\n${passphrase}`;
  const answer = answers.get(question) ?? opens(decode(salt), decode(nonce), decode(sealed), passphrase);
  answers.set(question, answer);
  return answer;
}

function opens(salt: Buffer, nonce: Buffer, sealed: Buffer, passphrase: string): boolean {
  const key = pbkdf2Sync(passphrase, salt, 1_000_000, 32, "sha256");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 });
    decipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString() === "pulumi";
  } catch {
    return false;
  }
}

function decode(text: string): Buffer {
  return Buffer.from(text, "base64");
}

/** Returns the salt in the text of a stack's file. */
export function saltOfSettings(text: string): string | undefined {
  // Never throws: the check of the settings reports errors in the YAML.
  const salt = parseDocument(text).get("encryptionsalt");
  return typeof salt === "string" ? salt : undefined;
}

/** Returns the salt in the text of a stack's state. A state that cannot be read has none that could be lost. */
export function saltOfState(text: string): string | undefined {
  interface State {
    readonly checkpoint?: {
      readonly latest?: { readonly secrets_providers?: { readonly state?: { readonly salt?: unknown } } } | null;
    };
  }
  try {
    const salt = (JSON.parse(text) as State).checkpoint?.latest?.secrets_providers?.state?.salt;
    return typeof salt === "string" ? salt : undefined;
  } catch {
    return undefined;
  }
}
