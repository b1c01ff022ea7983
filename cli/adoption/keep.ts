/** Keeps an encrypted copy of the stack's state on the controller, for a checkout whose state is lost. */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { messageOf } from "@inaetics/base";
import { foundationFileName } from "@inaetics/model/cluster";
import {
  checkpointFile,
  Context,
  readLine,
  readPassphrase,
  readText,
  saltOfSettings,
  settingsFile,
  statePaths,
} from "@inaetics/stack";
import { Progress, run, tryRun, withStep } from "@inaetics/workstation";
import { pack, StateCopy } from "./copy";

/** Place of the copy on the controller, on its volume of data; readable by root alone. */
export const copyPath = "/var/lib/inaetics/state.age";

/** Folders and files of the stack's own files that cannot be made again from the state. */
const kept = ["ssh", "host-keys", "generations", "versions", "vagrant", foundationFileName];

/** Returns the name of the controller's container. */
export function controllerOf(context: Context): string {
  return `${context.cluster}-controller`;
}

/**
 * Puts a copy of the state on the controller, unless the one there is the same. Does nothing without a running
 * controller. Never fails: a copy that could not be made is reported.
 */
export async function keepCopy(context: Context, progress: Progress): Promise<void> {
  try {
    const passphrase = readPassphrase(context);
    const format = "{{.State.Running}} {{.Id}}";
    const found = await tryRun("docker", ["container", "inspect", "--format", format, controllerOf(context)], {
      timeout: 20_000,
    });
    if (passphrase === undefined || !found.stdout.startsWith("true")) return;
    const copy = collect(context);
    const digest = digestOf(copy, found.stdout.trim());
    const mark = path.join(context.run, "state-copy");
    if (readLine(mark) === digest) return;
    await withStep(progress, "copy of the state, encrypted, on the controller", async () => {
      await store(context, await pack(copy, passphrase));
    });
    fs.writeFileSync(mark, `${digest}\n`);
  } catch (error) {
    progress.note(`warning: the controller has no new copy of the state, which \`adopt\` needs: ${messageOf(error)}`);
  }
}

/** Writes the copy beside the old one and renames it, so that a full disk or a crash keeps the old one. */
async function store(context: Context, sealed: Uint8Array): Promise<void> {
  const script = `umask 077; base64 -d >${copyPath}.new && sync ${copyPath}.new && mv ${copyPath}.new ${copyPath}`;
  await run("docker", ["exec", "--interactive", "--user", "root", controllerOf(context), "sh", "-c", script], {
    input: Buffer.from(sealed).toString("base64"),
    timeout: 60_000,
  });
}

function collect(context: Context): StateCopy {
  const files = Object.fromEntries(
    kept
      .flatMap((name) => filesBelow(context.run, name))
      .map((name) => {
        const file = path.join(context.run, name);
        return [name, { content: fs.readFileSync(file).toString("base64"), mode: fs.statSync(file).mode & 0o777 }];
      }),
  );
  return {
    format: 1,
    stack: context.stack,
    checkout: readLine(statePaths.checkout(context)) ?? "",
    time: new Date().toISOString(),
    salt: saltOfSettings(readText(settingsFile(context)) ?? ""),
    checkpoint: fs.readFileSync(checkpointFile(context), "utf8"),
    files,
  };
}

/** Lists the files of a folder, or the one file, by their path from `base`. */
function filesBelow(base: string, name: string): string[] {
  const stat = fs.lstatSync(path.join(base, name), { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) {
    return fs
      .readdirSync(path.join(base, name))
      .sort()
      .flatMap((entry) => filesBelow(base, path.join(name, entry)));
  }
  return stat?.isFile() === true ? [name] : [];
}

/** Returns a digest that changes with the copy's content and its controller, but not with its time. */
function digestOf(copy: StateCopy, controller: string): string {
  const text = JSON.stringify([controller, { ...copy, time: "" }]);
  return createHash("sha256").update(text).digest("hex");
}
