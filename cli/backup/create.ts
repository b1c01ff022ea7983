import * as fs from "node:fs";
import * as path from "node:path";
import { messageOf } from "@inaetics/base";
import {
  clusterCommand,
  Context,
  getObjects,
  namespace,
  pulumiEnvironment,
  readPassphrase,
  readText,
  recordedResources,
  requirePassphrase,
  settingsFile,
} from "@inaetics/stack";
import {
  createProgress,
  Failure,
  formatDuration,
  Progress,
  run,
  type Step,
  withFileLock,
  withStep,
} from "@inaetics/workstation";
import { ArchiveWriter } from "./archive";
import { withBroker, type Broker } from "./broker";
import { Checksum, entryNames, FORMAT, type Header, type Manifest, type SavedStream } from "./format";
import { backupFolder, backupName, expired } from "./names";
import { updateRecord } from "./record";
import { countBundles, countsOf, listStreams, saveStreams } from "./streams";

/**
 * Writes a backup of the running cluster, and records whether that succeeded.
 * @param file where to; default: a new file in the stack's folder of backups
 * @param keep number of the newest backups that stay in that folder; others are deleted
 */
export async function backup(context: Context, file: string | undefined, keep: number | undefined): Promise<void> {
  const started = Date.now();
  const progress = createProgress();
  const folder = backupFolder(process.env, context.cluster);
  const target = path.resolve(file ?? path.join(folder, backupName(context.cluster, new Date(started))));
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const manifest = await withFileLock(path.join(folder, "lock"), "another backup", progress, () =>
      write(context, target, progress),
    );
    const { size } = fs.statSync(target);
    updateRecord(context, {
      lastSuccess: { time: manifest.begun, file: target, bytes: size },
      lastFailure: undefined,
    });
    for (const old of keep === undefined ? [] : expired(fs.readdirSync(folder), context.cluster, keep)) {
      fs.rmSync(path.join(folder, old));
      progress.note(`deleted ${old}, because the newest ${keep} are kept`);
    }
    const { samples, results, bundles } = manifest.counts;
    process.stdout.write(
      `\nBackup:    ${target} (${megabytes(size)}; ${formatDuration(Date.now() - started)})\n` +
        `Content:   ${results} results, ${samples} waiting samples, ${bundles} bundles of ${manifest.begun}\n` +
        `Restore:   ${clusterCommand(context)} restore ${target}   (opened by this checkout's passphrase)\n`,
    );
  } catch (error) {
    // A file that was named by hand concerns only its author.
    if (file === undefined) {
      updateRecord(context, { lastFailure: { time: new Date(started).toISOString(), reason: messageOf(error) } });
    }
    throw error;
  }
}

async function write(context: Context, target: string, progress: Progress): Promise<Manifest> {
  requirePassphrase(context);
  const passphrase = readPassphrase(context);
  if (passphrase === undefined || recordedResources(context).length === 0) {
    throw new Failure(`stack ${context.stack} has no cluster to save`, `Run: ${clusterCommand(context)} up`);
  }
  if (fs.existsSync(target)) {
    throw new Failure(
      `${target} exists already; a backup never replaces a file`,
      "Name another file, or move it away.",
    );
  }
  const attempt = async (): Promise<Manifest> => {
    const archive = await ArchiveWriter.create(target, passphrase);
    try {
      const manifest = await fill(context, archive, path.dirname(target), progress);
      await withStep(progress, "file", () => archive.finish());
      return manifest;
    } catch (error) {
      await archive.abandon();
      throw error;
    }
  };
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof Failure) throw error;
    // A broker's pod may have ended, and with it the connection: another one has the same streams.
    progress.note(`${messageOf(error)}: beginning again`);
    return await brokerFailures(attempt());
  }
}

/** Turns errors of the broker into Failures. */
async function brokerFailures<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(
      `the broker does not give its streams: ${messageOf(error)}`,
      "Run it again, or check: ./cluster status",
      {
        cause: error,
      },
    );
  }
}

async function fill(context: Context, archive: ArchiveWriter, folder: string, progress: Progress): Promise<Manifest> {
  const begun = new Date().toISOString();
  const files: { name: string; bytes: number; sha256: string }[] = [];
  const addFile = async (name: string, text: string) => {
    const checksum = new Checksum();
    const content = Buffer.from(text);
    checksum.add(content);
    if (name !== entryNames.manifest) files.push({ name, ...checksum.result() });
    await archive.add(name, content);
  };
  const header: Header = { format: FORMAT, begun, stack: context.stack, version: projectVersion(context) };
  await addFile(entryNames.header, JSON.stringify(header));
  const nodes = await withStep(progress, "settings, state and keys", async () => {
    await addFile(entryNames.settings, readText(settingsFile(context)) ?? "");
    await addFile(entryNames.configuration, await pulumi(context, ["config", "--show-secrets", "--json"]));
    await addFile(entryNames.state, await pulumi(context, ["stack", "export", "--show-secrets"]));
    await addFile(entryNames.replicas, JSON.stringify(await readReplicas(context)));
    return (await getObjects(context, ["nodes"])).length;
  });
  const streams = await withStep(progress, "samples, results and software", (step) =>
    withBroker(context, (broker) => fillStreams(broker, archive, folder, step)),
  );
  const counts = countsOf(streams.saved, streams.bundles);
  const manifest: Manifest = { ...header, nodes, counts, streams: [...streams.saved], files };
  await addFile(entryNames.manifest, JSON.stringify(manifest, null, 2));
  return manifest;
}

interface SavedStreams {
  readonly saved: readonly SavedStream[];
  readonly bundles: number;
}

async function fillStreams(
  { connection, manager }: Broker,
  archive: ArchiveWriter,
  folder: string,
  step: Step,
): Promise<SavedStreams> {
  const all = await listStreams(manager);
  const expected = all.reduce((sum, { state }) => sum + state.bytes, 0);
  requireRoom(folder, expected);
  const names = all.map(({ config }) => config.name);
  const add = (name: string, part: Uint8Array) => archive.add(name, part);
  const saved = await saveStreams(connection, names, add, (stream, bytes) =>
    step.detail(`${stream}: ${megabytes(bytes)} compressed of ${megabytes(expected)}`),
  );
  step.done(`${saved.length} streams, ${megabytes(expected)}`);
  return { saved, bundles: await countBundles(manager, names) };
}

function pulumi(context: Context, args: readonly string[]): Promise<string> {
  return run("pulumi", [...args, "--non-interactive"], {
    cwd: context.root,
    env: pulumiEnvironment(context, process.env),
    timeout: 120_000,
  });
}

interface Controller {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly replicas?: number };
}

/** Reads the numbers of pods, which may have been changed live. All other objects are made by the program. */
async function readReplicas(context: Context): Promise<Readonly<Record<string, number>>> {
  const found = await getObjects<Controller>(context, ["replicationcontrollers", `--namespace=${namespace}`]);
  return Object.fromEntries(found.map(({ metadata, spec }) => [metadata.name, spec.replicas ?? 0]));
}

/** Throws a Failure when the disk has less room than the streams take uncompressed, and 64 MB for the rest. */
function requireRoom(folder: string, bytes: number): void {
  const { bavail, bsize } = fs.statfsSync(folder);
  const needed = bytes + 64 * 2 ** 20;
  if (bavail * bsize >= needed) return;
  throw new Failure(
    `${folder} has ${megabytes(bavail * bsize)} of room; the backup needs up to ${megabytes(needed)}`,
    "Free some space, or name a file on another disk: ./cluster backup FILE",
  );
}

function projectVersion(context: Context): string {
  const { version } = JSON.parse(fs.readFileSync(path.join(context.root, "package.json"), "utf8")) as {
    readonly version: string;
  };
  return version;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
