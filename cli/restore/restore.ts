import * as path from "node:path";
import { messageOf } from "@inaetics/base";
import { HELD_VARIABLE } from "@inaetics/model";
import {
  clusterCommand,
  Context,
  kubectl,
  namespace,
  readText,
  recordedResources,
  settingsFile,
} from "@inaetics/stack";
import { createProgress, Failure, formatDuration, Progress, withStep, writeAtomically } from "@inaetics/workstation";
import * as z from "zod/mini";
import { withBroker } from "../backup/broker";
import { entryNames, replicasSchema } from "../backup/format";
import { checkSettings } from "../doctor/settings";
import { endRestoring, interrupted, readRestoring, writeRestoring, type Restoring } from "../lifecycle/restoring";
import { bringUp, prepareUp } from "../lifecycle/up";
import { runOperation } from "../pulumi/operation";
import { importLogins } from "./import";
import { loadStreams } from "./load";
import { adoptPassphrase, backupPassphrase } from "./passphrase";
import { openBackup, type OpenedBackup } from "./read";
import { mergeSettings } from "./settings";

export interface RestoreOptions {
  readonly passphraseFile?: string;
}

/**
 * Makes the cluster of a backup again, in a stack that has none: the same logins, results, waiting samples and software.
 * Number and addresses of the boxes are this checkout's. After an interruption the same command continues.
 */
export async function restore(context: Context, file: string, options: RestoreOptions): Promise<void> {
  const started = Date.now();
  const progress = createProgress();
  const before = requireEmpty(context, path.resolve(file));
  const opened = await open(context, path.resolve(file), options, progress);
  if (before?.phase !== "loaded") {
    writeRestoring(context, { file: opened.file, phase: "begun" });
    writeSettings(context, opened, progress);
    adoptPassphrase(context, opened.passphrase);
    await prepareUp(context, false, progress);
    await importLogins(context, opened, progress);
    progress.note("making the cluster without services and agents, until the queue is loaded");
    await runOperation(context, "up", [], progress, { [HELD_VARIABLE]: "true" });
    await load(context, opened, progress);
    writeRestoring(context, { file: opened.file, phase: "loaded" });
  } else await prepareUp(context, false, progress);
  await bringUp(context, [], { verbose: false }, progress);
  await withStep(progress, "numbers of pods", () => setReplicas(context, opened));
  endRestoring(context);
  const { begun, counts } = opened.manifest;
  process.stdout.write(
    `\nRestored:  ${counts.results} results, ${counts.samples} waiting samples, ${counts.bundles} bundles; the logins are as before\n` +
      `State of:  ${begun}. What came after that is missing.\n` +
      `Total:     ${formatDuration(Date.now() - started)}\n`,
  );
}

/** Returns the interrupted restore of the same file. @throws Failure when the stack has a cluster, or part of another one */
function requireEmpty(context: Context, file: string): Restoring | undefined {
  const before = readRestoring(context);
  if (before !== undefined) {
    if (before.file === file) return before;
    throw interrupted(context, before);
  }
  if (recordedResources(context).length === 0) return undefined;
  throw new Failure(
    `stack ${context.stack} has a cluster, whose samples and software a restore would replace`,
    `Restore into another stack: ./cluster --stack NAME restore ${file}\nOr remove this one first: ${clusterCommand(context)} destroy`,
  );
}

function open(context: Context, file: string, options: RestoreOptions, progress: Progress): Promise<OpenedBackup> {
  return withStep(progress, "backup read and checked", async (step) => {
    const passphrase = await backupPassphrase(context, options.passphraseFile);
    const opened = await openBackup(file, passphrase, (bytes) => step.detail(`${(bytes / 2 ** 20).toFixed(1)} MB`));
    const { stack, begun, version, nodes } = opened.manifest;
    step.done(`stack ${stack} with ${nodes} nodes, of ${begun}, version ${version}`);
    return opened;
  });
}

function writeSettings(context: Context, opened: OpenedBackup, progress: Progress): void {
  const file = settingsFile(context);
  const { text, differences } = mergeSettings(readText(file) ?? "", opened.text(entryNames.settings));
  writeAtomically(file, text);
  if (differences.length > 0) progress.note(`settings:\n${differences.join("\n")}`);
}

async function load(context: Context, opened: OpenedBackup, progress: Progress): Promise<void> {
  const replicas = checkSettings(context).settings.queueReplicas;
  await withStep(progress, "samples, results and software", async (step) => {
    const attempt = (): Promise<readonly string[]> =>
      withBroker(context, (broker) => loadStreams(broker, opened, replicas, (name) => step.detail(name)));
    const problems = await retried(attempt, (reason) => progress.note(`${reason}: loading again`));
    if (problems.length > 0) {
      throw new Failure(`the queue is not as in the backup: ${problems.join(", ")}`, "Run the same command again.");
    }
    const copies = replicas === 1 ? "1 copy" : `${replicas} copies`;
    step.done(`${opened.manifest.streams.length} streams with ${copies} each, as in the backup`);
  });
}

/** Does work up to three times. The last error is a Failure: the broker gives up when it is too slow. */
async function retried<T>(work: () => Promise<T>, onError: (reason: string) => void): Promise<T> {
  for (let left = 2; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Failure) throw error;
      const reason = messageOf(error);
      if (left === 0) {
        throw new Failure(`the broker does not take the streams: ${reason}`, "Run the same command again.", {
          cause: error,
        });
      }
      onError(reason);
    }
  }
}

interface Controller {
  readonly metadata: { readonly name: string };
}

/** Sets the numbers of pods that had been set live. */
async function setReplicas(context: Context, opened: OpenedBackup): Promise<void> {
  const saved = z.parse(replicasSchema, JSON.parse(opened.text(entryNames.replicas)));
  const list = JSON.parse(
    await kubectl(context, ["get", "replicationcontrollers", `--namespace=${namespace}`, "--output=json"]),
  ) as { readonly items: readonly Controller[] };
  for (const { metadata } of list.items) {
    const count = saved[metadata.name];
    if (count === undefined) continue;
    const controller = `replicationcontroller/${metadata.name}`;
    await kubectl(context, ["scale", controller, `--namespace=${namespace}`, `--replicas=${count}`]);
  }
}
