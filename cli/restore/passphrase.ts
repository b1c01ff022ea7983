import * as fs from "node:fs";
import { Context, readPassphrase, readText, statePaths } from "@inaetics/stack";
import { Failure } from "@inaetics/workstation";
import { askSecret, canAsk } from "../asking/ask";

/**
 * Returns the passphrase of a backup: of the file that an option names, else this checkout's, else asked for at the
 * terminal.
 * @throws Failure when none is given
 */
export async function backupPassphrase(context: Context, file: string | undefined): Promise<string> {
  if (file !== undefined) {
    const text = readText(file)?.trim();
    if (text !== undefined) return text;
    throw new Failure(`--passphrase-file: got ${file}, which cannot be read`, "Name a file with the passphrase.");
  }
  const own = readPassphrase(context);
  if (own !== undefined) return own;
  if (canAsk()) return askSecret("Passphrase of the backup: ");
  throw new Failure(
    "the passphrase of the backup is not given",
    "Give it by --passphrase-file FILE, PULUMI_CONFIG_PASSPHRASE_FILE or PULUMI_CONFIG_PASSPHRASE.",
  );
}

/** Makes the backup's passphrase this checkout's, unless it has one. */
export function adoptPassphrase(context: Context, passphrase: string): void {
  if (readPassphrase(context) !== undefined) return;
  fs.mkdirSync(context.state, { recursive: true, mode: 0o700 });
  fs.writeFileSync(statePaths.passphrase(context), passphrase, { mode: 0o600, flag: "wx" });
}
