import * as fs from "node:fs";
import * as path from "node:path";
import { addressArguments } from "../boxes/ssh";
import {
  Context,
  readEvents,
  pulumiEnvironment,
  readLine,
  statePaths,
  ensureKubeconfig,
  getObjects,
  stackOutputs,
  unattended,
} from "@inaetics/stack";
import { Failure, LineOptions, lastLines, tryRun, createProgress, withStep } from "@inaetics/workstation";
import { messageOf } from "@inaetics/base";
import { clusterFilter, ShownEvent } from "@inaetics/model";
import { readStatus } from "../status/read";
import { collect, Collected, Read, readProgram } from "./collect";
import { PlannedFile, planExport, secretValues, Source } from "./plan";
import { LoggedPod, readPods } from "./pods";
import { Range } from "./range";

/** Result of an export. */
export interface Exported extends Collected {
  readonly folder: string;
}

/** Files that come from this machine alone; if no others were written, nothing of the cluster could be read. */
const localFiles: readonly string[] = ["versions.txt", "boxes.txt", "status.json"];
const errorsFile = "errors.txt";

/**
 * Collects all records of an incident, without secrets, into a new or empty folder.
 * @throws Failure when nothing of the cluster could be read
 */
export async function exportLogs(context: Context, given: string, range: Range): Promise<Exported> {
  const folder = path.resolve(given);
  requireEmpty(folder);
  const outputs = await stackOutputs(context);
  if (!("nodes" in outputs)) throw new Failure(`stack ${context.stack} has no cluster`, "Run: ./cluster up");
  return withStep(createProgress(), `logs of ${context.cluster}`, async (step) => {
    const problems: string[] = [];
    const [pods, secrets] = await Promise.all([askPods(context, problems), readSecrets(context, outputs)]);
    const boxes = outputs["nodes"] as Readonly<Record<string, string>>;
    const reads = [...ownFiles(context, outputs["dashboard"]), ...planExport({ boxes, pods }, range)].map(
      ({ file, source }): Read => ({ file, read: (onLine) => readSource(context, source, onLine) }),
    );
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { files, errors: others } = await collect(folder, reads, secrets, step);
    const errors = [...problems, ...others];
    if (errors.length > 0) fs.writeFileSync(path.join(folder, errorsFile), `${errors.join("\n")}\n`, { mode: 0o600 });
    if (files.every(({ file }) => localFiles.includes(file))) {
      throw new Failure(
        `nothing of ${context.cluster} could be read; the reasons are in ${path.join(folder, errorsFile)}`,
        "Run: ./cluster status",
      );
    }
    return { folder, files, errors };
  });
}

/** Milliseconds for each read. */
const readTimeout = 45_000;

async function readSource(
  context: Context,
  source: Source,
  onLine: LineOptions["onLine"],
): Promise<string | undefined> {
  const options = { env: pulumiEnvironment(context, process.env), timeout: readTimeout, onLine };
  switch (source.from) {
    case "text":
      for (const line of (await source.read()).trimEnd().split("\n")) await onLine(line);
      return undefined;
    case "here":
      return readProgram(source.program, source.args, options);
    case "box": {
      const there = addressArguments(context, source.address, [source.command]);
      return readProgram("ssh", [...unattended, ...there], options);
    }
    case "kubectl": {
      // The kubeconfig was written before, so that the reads need not ask Pulumi for it.
      const access = ["--kubeconfig", statePaths.kubeconfig(context), "--request-timeout=30s"];
      return readProgram("kubectl", [...access, ...source.args], options);
    }
  }
}

/** Throws a Failure when the folder is not empty: files of two exports would mix. */
function requireEmpty(folder: string): void {
  const stat = fs.statSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return;
  const isFree = stat.isDirectory() && fs.readdirSync(folder).length === 0;
  if (!isFree)
    throw new Failure(
      `--export: got ${folder}, which exists and is not an empty folder; allowed: a new or empty folder`,
      "Name another folder.",
    );
}

async function askPods(context: Context, problems: string[]): Promise<readonly LoggedPod[] | undefined> {
  try {
    await ensureKubeconfig(context);
    return await readPods(context);
  } catch (error) {
    problems.push(`pods: ${messageOf(error)}`);
    return undefined;
  }
}

/** Collects the values that must not appear in the files, as far as they can be read. */
async function readSecrets(context: Context, outputs: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const given = Object.entries((outputs["credentials"] ?? {}) as Readonly<Record<string, string>>);
  const logins = {
    data: Object.fromEntries(given.map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
  };
  const others = await getObjects<{ readonly data?: Readonly<Record<string, string>> }>(context, [
    "secrets",
    "--all-namespaces",
  ]).catch(() => []);
  return secretValues([logins, ...others]);
}

/** Plans the files that come from this machine and from the dashboard. */
function ownFiles(context: Context, dashboard: unknown): readonly PlannedFile[] {
  const text = (file: string, read: () => Promise<string>): PlannedFile => ({ file, source: { from: "text", read } });
  const filter = clusterFilter(context.cluster);
  const json = (value: unknown) => JSON.stringify(value, null, 2);
  return [
    text("versions.txt", () => readVersions(context)),
    text("status.json", async () => json(await readStatus(context))),
    { file: "boxes.txt", source: { from: "here", program: "docker", args: ["ps", "--all", "--filter", filter] } },
    ...(typeof dashboard === "string"
      ? [text("coordinator/events.json", async () => json(await allEvents(dashboard)))]
      : []),
  ];
}

/** Reads all events; the stream keeps 20,000. */
async function allEvents(dashboard: string): Promise<readonly ShownEvent[]> {
  const all: ShownEvent[] = [];
  for (let after = 0; ;) {
    const { events, next } = await readEvents(dashboard, { limit: 1000, after });
    all.push(...events);
    if (events.length === 0 || next <= after) return all;
    after = next;
  }
}

/** Returns the versions of programs, images and this checkout, one a line; a failed query is reported in its line. */
async function readVersions(context: Context): Promise<string> {
  const ask = async (name: string, program: string, args: readonly string[]): Promise<string> => {
    const options = { cwd: context.root, env: pulumiEnvironment(context, process.env), timeout: 15_000 };
    const { exitCode, stdout, stderr, problem } = await tryRun(program, args, options);
    return `${name}: ${exitCode === 0 ? stdout.trim().replaceAll("\n", ", ") : (problem ?? lastLines(stderr, 1))}`;
  };
  const own = JSON.parse(fs.readFileSync(path.join(context.root, "package.json"), "utf8")) as { version: string };
  const kubeconfig = statePaths.kubeconfig(context);
  const asked = await Promise.all([
    ask("commit", "git", ["describe", "--always", "--dirty"]),
    ask("pulumi", "pulumi", ["version"]),
    ask("kubernetes", "kubectl", ["--kubeconfig", kubeconfig, "--request-timeout=8s", "version"]),
    ask("docker", "docker", ["version", "--format", "client {{.Client.Version}}, server {{.Server.Version}}"]),
    ask("kernel", "uname", ["-srm"]),
  ]);
  const boxImage = readLine(statePaths.boxImage(context)) ?? "not built yet";
  return [`cluster: ${own.version}`, `node: ${process.version}`, `box image: ${boxImage}`, ...asked].join("\n");
}
