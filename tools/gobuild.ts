import * as fs from "node:fs";
import * as path from "node:path";
import { Failure } from "../cli/failure";
import { run, tryRun } from "../cli/process";
import { Step } from "../cli/progress";
import { Tool } from "./lock";
import { isWithin } from "./version";

export interface BuildOptions {
  readonly root: string;
  readonly cache: string;
  readonly step: Step;
  /** Why it is built and not downloaded; part of the error when it cannot be built either. */
  readonly reason: string;
}

const goMinimum = "1.24.0";

/**
 * Builds a tool from its Go module into `staged`. What was compiled stays in Go's build cache, so that a build that was
 * ended goes on where it was.
 * @throws Failure when Go is missing, too old, or the build fails
 */
export async function buildTool(tool: Tool, staged: string, options: BuildOptions): Promise<void> {
  await requireGo(tool, options.reason);
  const { build } = tool;
  const binary = build.binary ?? tool.programs[0] ?? tool.name;
  let compiled = 0;
  options.step.detail("building: collecting modules");
  await run(
    "go",
    ["build", "-v", "-trimpath", "-ldflags", build.ldflags, "-o", path.join(staged, binary), build.package],
    {
      cwd: path.join(options.root, "tools", "go", build.module),
      env: {
        GOCACHE: path.join(options.cache, "go-build"),
        GOFLAGS: "-mod=readonly",
        ...(build.cgo === undefined ? {} : { CGO_ENABLED: build.cgo ? "1" : "0" }),
      },
      onLine: (line) => {
        const downloading = line.startsWith("go: downloading");
        if (!downloading) compiled += 1;
        options.step.detail(downloading ? `building: ${line.slice(4)}` : `building: ${compiled} packages, now ${line}`);
      },
      cure: "Is the Go module proxy reachable ('go env GOPROXY'), and is there space on the disk ('df -h')?",
    },
  );
  for (const program of tool.programs) {
    if (program !== binary) fs.symlinkSync(binary, path.join(staged, program));
  }
}

async function requireGo(tool: Tool, reason: string): Promise<void> {
  const answer = await tryRun("go", ["version"], { timeout: 20_000 });
  if (answer.exitCode === 0 && isWithin(answer.stdout, goMinimum)) return;
  const found = answer.exitCode === 0 ? `go on PATH is ${answer.stdout.trim()}` : "go is not on PATH";
  throw new Failure(
    `${tool.name} ${tool.version} could not be downloaded (${reason}), and cannot be built: ${found}, 1.24 or newer is needed`,
    "Give this machine access to the download, or install Go from https://go.dev/dl/ " +
      "(Debian 12: apt-get install -t bookworm-backports golang-go, and let it fetch a newer toolchain), then run this again.",
  );
}
