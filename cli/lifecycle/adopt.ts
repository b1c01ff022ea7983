/** Takes up the boxes of a stack whose state is lost, by the copy on the controller. */
import * as fs from "node:fs";
import * as path from "node:path";
import { parseDocument } from "yaml";
import {
  checkpointFile,
  Context,
  passphraseFile,
  readPassphrase,
  readText,
  saltFits,
  saltOfSettings,
  saltOfState,
  settingsFile,
  statePaths,
  withStackLock,
} from "@inaetics/stack";
import { createProgress, Failure, run, tryRun, withStep, writeAtomically } from "@inaetics/workstation";
import { controllerOf, copyPath } from "../adoption/keep";
import { StateCopy, unpack } from "../adoption/copy";
import { askSecret, canAsk } from "../asking/ask";
import { recordPlace } from "../ownership/checkout";
import { dockerObjects } from "../ownership/objects";
import { judgeObjects } from "../ownership/require";
import { hasResources } from "../ownership/resources";
import { refusalOf } from "../ownership/verdict";
import { ensureDocker } from "../setup/docker";
import { ensureStack } from "../setup/stack";
import { ensureTools } from "../setup";
import { ensurePlugins } from "../setup/plugins";

/** Options as typed on the command line. */
export interface AdoptOptions {
  readonly passphraseFile?: string;
  readonly takeOver?: boolean;
}

/**
 * Writes the stack's state again from the copy on the controller. The boxes are not changed.
 * @throws Failure when this checkout has a state, another living one has the boxes, or the passphrase does not fit
 */
export async function adopt(
  context: Context,
  { passphraseFile: given, takeOver = false }: AdoptOptions,
): Promise<void> {
  const progress = createProgress();
  if (hasResources(context)) {
    throw new Failure(
      `this checkout has a state of stack ${context.stack} already: ${checkpointFile(context)}`,
      "Nothing has to be adopted. Run: ./cluster status",
    );
  }
  await ensureDocker(context.cache, progress);
  await requireAdoptable(context, takeOver);
  const sealed = await fetchCopy(context);
  const passphrase = await givenPassphrase(context, given);
  const copy = await withStep(progress, "decrypting the copy of the state", () =>
    unpack(sealed, passphrase.text, context.stack),
  );
  requireFits(context, passphrase.text);
  await ensureTools(context, progress);
  await withStackLock(context, progress, async () => {
    if (passphrase.isStored) writePassphrase(context, passphrase.text);
    writeSalt(context, copy, passphrase.text);
    await writeState(context, copy);
    await ensurePlugins(context, progress);
  });
  recordPlace(context);
  process.stdout.write(
    `Stack ${context.stack} is adopted, with the state of ${copy.time}. Its boxes were not changed.\n` +
      `Settings are not part of it: compare them with Pulumi.${context.stack}.yaml before the next \`up\`.\n`,
  );
}

async function requireAdoptable(context: Context, takeOver: boolean): Promise<void> {
  const objects = await dockerObjects(context);
  const verdict = judgeObjects(context, objects);
  const refusal = refusalOf(verdict, context.stack);
  if (refusal !== undefined && verdict.kind === "other" && !takeOver) throw refusal;
  if (objects.some(({ kind, name }) => kind === "container" && name === controllerOf(context))) return;
  throw new Failure(
    `docker has no box ${controllerOf(context)}, which keeps the copy of the state`,
    objects.length === 0 ? "Nothing has to be adopted. Run: ./cluster up" : "Run: ./cluster destroy --force-boxes",
  );
}

/**
 * Reads the copy: of a running box inside it, else from its volume. `docker cp` would need the files that docker mounts
 * into the box, and these were lost with the state.
 */
async function fetchCopy(context: Context): Promise<Uint8Array> {
  const box = controllerOf(context);
  const inspect = ["container", "inspect", "--format", "{{.State.Running}} {{.Image}}", box];
  const [running, image = ""] = (await run("docker", inspect, { timeout: 20_000 })).trim().split(" ");
  const { exitCode, problem, stdout, stderr } = await tryRun(
    "docker",
    running === "true"
      ? ["exec", "--user", "root", box, "base64", copyPath]
      : [...readVolume, "--volume", `${box}-data:${path.dirname(copyPath)}:ro`, image, copyPath],
    { timeout: 60_000 },
  );
  if (exitCode === 0) return Buffer.from(stdout, "base64");
  throw new Failure(
    `the copy of the state on ${box} cannot be read: ${problem ?? stderr.trim()}`,
    "Put the old state folder back, or remove the boxes with all their data: ./cluster destroy --force-boxes",
  );
}

const readVolume = ["run", "--rm", "--network", "none", "--user", "root", "--entrypoint", "base64"] as const;

interface GivenPassphrase {
  readonly text: string;
  /** True when it must be written into the checkout's file; false when Pulumi finds it elsewhere. */
  readonly isStored: boolean;
}

async function givenPassphrase(context: Context, file: string | undefined): Promise<GivenPassphrase> {
  if (file !== undefined) {
    const text = readText(file)?.trim();
    if (text !== undefined && text !== "") return { text, isStored: true };
    throw new Failure(`--passphrase-file: ${file} cannot be read or is empty; allowed: a file with the passphrase`);
  }
  const { PULUMI_CONFIG_PASSPHRASE: word } = process.env;
  if (word !== undefined) return { text: word, isStored: false };
  if (passphraseFile(context, process.env) !== statePaths.passphrase(context)) {
    return { text: readPassphrase(context) ?? "", isStored: false };
  }
  if (canAsk()) return { text: await askSecret(`Passphrase of stack ${context.stack}: `), isStored: true };
  throw new Failure(
    "adopt needs the passphrase that the lost .state/passphrase had; without a terminal it cannot ask for it",
    `Run: ./cluster adopt --passphrase-file FILE
Or set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE. Without the passphrase: ./cluster destroy --force-boxes`,
  );
}

/** @throws Failure when another stack of this checkout, or an encrypted setting, has another passphrase */
function requireFits(context: Context, passphrase: string): void {
  const folder = statePaths.stacks(context);
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  const others = names.filter((name) => {
    const text = readText(path.join(folder, name)) ?? "";
    const salt = saltOfState(text);
    return path.parse(name).name !== context.stack && salt !== undefined && !saltFits(salt, passphrase);
  });
  if (others.length > 0) {
    throw new Failure(
      `other stacks of this checkout have another passphrase: ${others.map((name) => path.parse(name).name).join(", ")}`,
      "Adopt the boxes in a clone of its own.",
    );
  }
  const settings = readText(settingsFile(context)) ?? "";
  const salt = saltOfSettings(settings);
  if (salt === undefined || saltFits(salt, passphrase) || !/^\s+secure:/m.test(settings)) return;
  throw new Failure(
    `${path.basename(settingsFile(context))} has values that another passphrase encrypted`,
    "Put back the file with which the boxes were made, or remove these values and the line encryptionsalt.",
  );
}

function writePassphrase(context: Context, passphrase: string): void {
  const file = statePaths.passphrase(context);
  if (readText(file)?.trim() === passphrase) return;
  // One that was made since the loss encrypts nothing, but it is not deleted either.
  if (fs.existsSync(file)) fs.renameSync(file, `${file}.before-adopt`);
  writeAtomically(file, passphrase, 0o600);
}

/** Writes the salt into the stack's file, where Pulumi checks the passphrase by it. Keeps all else there. */
function writeSalt(context: Context, { salt }: StateCopy, passphrase: string): void {
  const file = settingsFile(context);
  const text = readText(file) ?? "";
  const present = saltOfSettings(text);
  if (salt === undefined || (present !== undefined && saltFits(present, passphrase))) return;
  const document = parseDocument(text);
  document.set("encryptionsalt", salt);
  writeAtomically(file, document.toString());
}

async function writeState(context: Context, copy: StateCopy): Promise<void> {
  fs.mkdirSync(path.dirname(statePaths.checkout(context)), { recursive: true, mode: 0o700 });
  writeAtomically(statePaths.checkout(context), `${copy.checkout}\n`, 0o600);
  await ensureStack(context);
  for (const [name, { content, mode }] of Object.entries(copy.files)) {
    const file = path.join(context.run, name);
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    // Docker makes an empty folder for a mounted file that it misses.
    if (fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) fs.rmdirSync(file);
    fs.writeFileSync(file, Buffer.from(content, "base64"), { mode });
  }
  // Comes last, because a checkout with a state cannot adopt again.
  writeAtomically(checkpointFile(context), copy.checkpoint, 0o600);
}
