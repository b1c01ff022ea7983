import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Failure, run, tryRun, Step } from "@inaetics/workstation";
import { isWithin } from "@inaetics/base";
import { GoBuild, Tool } from "./lock";

export interface BuildOptions {
  readonly root: string;
  readonly cache: string;
  readonly step: Step;
  /** Reason for the build instead of a download; part of the error when the build is impossible, too. */
  readonly reason: string;
  /** Ends the build when it is aborted. */
  readonly cancel?: AbortSignal;
  /** Installs packages of the system, by name; throws a Failure with the command when this user may not. */
  readonly installPackages: (packages: readonly string[], purpose: string) => Promise<void>;
}

const overlayName = ".overlay.json";

/**
 * Builds a tool from its Go module into `staged`. Compiled code stays in Go's build cache, so that an interrupted build
 * continues where it stopped.
 * @throws Failure when Go or a C library is missing, Go is too old, or the build fails
 */
export async function buildTool(tool: Tool, build: GoBuild, staged: string, options: BuildOptions): Promise<void> {
  const folder = path.join(options.root, "tools", "go", build.module);
  await requireGo(tool, folder, options.reason);
  await requireCompiler(tool, build, options);
  let compiled = 0;
  options.step.detail("building: collecting modules");
  await run("go", ["build", "-v", "-trimpath", ...(await buildArguments(tool, build, folder, staged))], {
    cwd: folder,
    env: {
      GOCACHE: path.join(options.cache, "go-build"),
      GOFLAGS: "-mod=readonly",
      ...collector(os.freemem(), os.availableParallelism()),
      ...(build.cgo === undefined ? {} : { CGO_ENABLED: build.cgo ? "1" : "0" }),
    },
    cancel: options.cancel,
    onLine: (line) => {
      const downloading = line.startsWith("go: downloading");
      if (!downloading) compiled += 1;
      options.step.detail(downloading ? `building: ${line.slice(4)}` : `building: ${compiled} packages, now ${line}`);
    },
    cure: "Check that the Go module proxy can be reached ('go env GOPROXY') and that the disk has space ('df -h').",
  });
  fs.rmSync(path.join(staged, overlayName), { force: true });
  const { binary } = build;
  if (binary === undefined) return;
  for (const program of tool.programs) if (program !== binary) fs.symlinkSync(binary, path.join(staged, program));
}

/**
 * Returns settings that let the compiler collect garbage only near a limit, which is a third faster. Each core runs one
 * compiler; together they get half of the free memory (bytes).
 */
export function collector(free: number, cores: number): Readonly<Record<string, string>> {
  const limit = Math.min(4, Math.floor(free / 2 ** 30 / 2 / cores));
  return limit < 1 ? {} : { GOGC: "off", GOMEMLIMIT: `${limit}GiB` };
}

async function buildArguments(tool: Tool, build: GoBuild, folder: string, staged: string): Promise<readonly string[]> {
  const binary = path.join(staged, build.binary ?? tool.programs[0] ?? tool.name);
  const [output, packages] =
    typeof build.package === "string" ? [binary, [build.package]] : [`${staged}/`, build.package];
  const overlay = build.embed === undefined ? [] : ["-overlay", await writeOverlay(build.embed, folder, staged)];
  // The linker drops debug information (-s -w), so the compiler need not make it. This saves a seventh of the time.
  return [
    ...overlay,
    "-tags",
    build.tags.join(","),
    "-gcflags=all=-dwarf=false",
    "-ldflags",
    build.ldflags,
    "-o",
    output,
    ...packages,
  ];
}

/** Lets the program embed files of another module: Go treats them as files of the program's own folder. */
async function writeOverlay(embed: NonNullable<GoBuild["embed"]>, folder: string, staged: string): Promise<string> {
  // `go list -m` reports no folder for a module that was not downloaded yet.
  await run("go", ["mod", "download", embed.module], { cwd: folder });
  const source = (await run("go", ["list", "-m", "-f", "{{.Dir}}", embed.module], { cwd: folder })).trim();
  const places = Object.entries(embed.files).map(
    ([name, file]) => [path.join(folder, name), path.join(source, file)] as const,
  );
  const overlay = path.join(staged, overlayName);
  fs.writeFileSync(overlay, JSON.stringify({ Replace: Object.fromEntries(places) }));
  return overlay;
}

/** Requires Go in the version of the module's go.mod. Checks in its folder, because Go may fetch a newer Go there. */
async function requireGo(tool: Tool, folder: string, reason: string): Promise<void> {
  const minimum = /^go (\S+)$/m.exec(fs.readFileSync(path.join(folder, "go.mod"), "utf8"))?.[1] ?? "1.24.0";
  const answer = await tryRun("go", ["version"], { cwd: folder, timeout: 300_000 });
  if (answer.exitCode === 0 && isWithin(answer.stdout, minimum)) return;
  const found = answer.exitCode === 0 ? `go on PATH is ${answer.stdout.trim()}` : "go is not on PATH";
  throw new Failure(
    `${tool.name} ${tool.version} could not be downloaded (${reason}), and cannot be built: ${found}; allowed: ${minimum} or newer`,
    "Give this machine access to the download, or install Go from https://go.dev/dl/ " +
      "(Debian 12: apt-get install -t bookworm-backports golang-go, and let it fetch a newer toolchain), then run this again.",
  );
}

/** Installs the C compiler and the libraries that a tool with C code needs, if they are missing. */
async function requireCompiler(tool: Tool, build: GoBuild, options: BuildOptions): Promise<void> {
  const missing: string[] = [];
  if (build.cgo === true && !(await succeeds("gcc", ["--version"]))) missing.push("gcc", "libc6-dev");
  if (build.needs.length > 0 && !(await succeeds("pkg-config", ["--exists", ...build.needs]))) {
    missing.push("pkg-config", ...build.needs.map((library) => `${library}-dev`));
  }
  if (missing.length > 0) await options.installPackages(missing, `builds ${tool.name}`);
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return (await tryRun(program, args, { timeout: 20_000 })).exitCode === 0;
}
