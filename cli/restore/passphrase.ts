import * as fs from "node:fs";
import { Context, readPassphrase, readText, statePaths } from "@inaetics/stack";
import { Failure } from "@inaetics/workstation";

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
  if (process.stdin.isTTY) return askHidden("Passphrase of the backup: ");
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

/** Reads a line of the terminal without showing it. */
function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  return new Promise((resolve, reject) => {
    let text = "";
    const end = (result: () => void) => {
      stdin.setRawMode(false);
      stdin.pause();
      stdin.off("data", hear);
      stderr.write("\n");
      result();
    };
    const hear = (chunk: Buffer) => {
      for (const key of chunk.toString()) {
        if (key === "\r" || key === "\n" || key === "\u0003") {
          end(
            key === "\u0003" ? () => reject(new Failure("interrupted", "Nothing was changed.")) : () => resolve(text),
          );
          return;
        }
        text = key === "\u007f" ? text.slice(0, -1) : text + key;
      }
    };
    stdin.on("data", hear);
  });
}
