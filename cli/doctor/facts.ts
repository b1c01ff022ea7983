/** Collects the facts for the preflight. Nothing here changes the machine. */
import * as fs from "node:fs";
import * as path from "node:path";
import { findVersion } from "@inaetics/base";
import { tryRun } from "@inaetics/workstation";
import { clusterFilter } from "@inaetics/model";
import { Context } from "@inaetics/stack";
import { dockerState } from "../setup/docker";
import { findProgram, systemPath, systemPrograms } from "../setup/packages";
import { Facts } from "./checks";
import { usedNetworks, usedRoutes } from "./networks";

/** Arguments that make a program print its version; `--version` for unlisted programs. */
const versionArguments: Readonly<Record<string, readonly string[]>> = { ssh: ["-V"], ip: ["-V"], "ssh-keygen": [] };

export async function collectFacts(context: Context, warm: boolean): Promise<Facts> {
  const docker = await dockerFacts();
  const [programs, vxlan, networks, running] = await Promise.all([
    programVersions(),
    tryVxlan(),
    docker.kind === "ready" ? usedNetworks(context) : usedRoutes(new Set()),
    docker.kind === "ready" ? hasContainers(context) : false,
  ]);
  const kernel = {
    overlay: hasOverlay(),
    vxlan,
    br_netfilter: fs.existsSync("/proc/sys/net/bridge/bridge-nf-call-iptables"),
  };
  return {
    node: process.versions.node,
    programs,
    docker,
    memoryAvailable: availableMemory(fs.readFileSync("/proc/meminfo", "utf8")),
    diskFree: freeSpace([context.cache, docker.folder ?? "/var/lib/docker"]),
    warm,
    running,
    kernel,
    networks,
  };
}

async function programVersions(): Promise<Record<string, string | undefined>> {
  const ask = async (program: string): Promise<[string, string | undefined]> => {
    const file = findProgram(program);
    if (file === undefined) return [program, undefined];
    const args = versionArguments[program] ?? ["--version"];
    if (args.length === 0) return [program, file];
    const answer = await tryRun(file, args, { timeout: 30_000 });
    return [program, findVersion(answer.stdout + answer.stderr)?.join(".") ?? file];
  };
  return Object.fromEntries(await Promise.all(systemPrograms.map((entry) => ask(entry.program))));
}

async function dockerFacts(): Promise<Facts["docker"] & { readonly folder?: string }> {
  const state = await dockerState();
  if (state.kind !== "ready") return state;
  const answer = await tryRun("docker", ["info", "--format", "{{.Driver}}\t{{.DockerRootDir}}"], { timeout: 20_000 });
  const [driver, folder] = answer.stdout.trim().split("\t");
  return { kind: "ready", driver, folder };
}

async function hasContainers(context: Context): Promise<boolean> {
  const filter = ["--filter", clusterFilter(context.cluster)];
  return (await tryRun("docker", ["ps", "--quiet", ...filter], { timeout: 20_000 })).stdout.trim() !== "";
}

/** Reads `MemAvailable` of /proc/meminfo, in bytes. */
export function availableMemory(meminfo: string): number {
  return Number(/^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1024;
}

/** Returns the free space, one entry for each file system. A missing folder counts as its nearest existing parent. */
function freeSpace(folders: readonly string[]): Record<string, number> {
  const free: Record<string, number> = {};
  const seen = new Set<number>();
  for (const folder of folders) {
    let existing = folder;
    while (!fs.existsSync(existing)) existing = path.dirname(existing);
    const { dev } = fs.statSync(existing);
    if (seen.has(dev)) continue;
    seen.add(dev);
    const { bavail, bsize } = fs.statfsSync(existing);
    free[folder] = bavail * bsize;
  }
  return free;
}

function hasOverlay(): boolean {
  return /^nodev\s+overlay$/m.test(fs.readFileSync("/proc/filesystems", "utf8")) || hasModule("overlay");
}

/** True when the kernel has the module on disk: the first program that needs a module loads it. */
function hasModule(name: string): boolean {
  const release = fs.readFileSync("/proc/sys/kernel/osrelease", "utf8").trim();
  const list = path.join("/lib/modules", release, "modules.dep");
  return fs.existsSync(list) && fs.readFileSync(list, "utf8").includes(`/${name}.ko`);
}

/** Creates a vxlan device in a network namespace that ends with the command. */
async function tryVxlan(): Promise<boolean | undefined> {
  const separate = process.getuid?.() === 0 ? ["--net"] : ["--user", "--map-root-user", "--net"];
  const options = { env: { PATH: systemPath }, timeout: 10_000 };
  if ((await tryRun("unshare", [...separate, "true"], options)).exitCode !== 0) return undefined;
  const device = ["ip", "link", "add", "probe", "type", "vxlan", "id", "1", "dstport", "8472"];
  return (await tryRun("unshare", [...separate, ...device], options)).exitCode === 0;
}
