/** Decides the preflight from collected facts. Pure: no processes, no files. */
import { networksOverlap } from "@inaetics/model/cluster";
import { isWithin } from "@inaetics/base";

export interface Check {
  readonly name: string;
  readonly level: "ok" | "warning" | "failed";
  /** Result of the check and, after a failure, the allowed values. */
  readonly text: string;
  /** Action for the user; present unless the level is ok. */
  readonly cure?: string;
}

/** Facts about a machine. Sizes are bytes. */
export interface Facts {
  readonly node: string;
  /** Version text of a program, or undefined when it is missing. */
  readonly programs: Readonly<Record<string, string | undefined>>;
  readonly docker: {
    readonly kind: "ready" | "stopped" | "forbidden";
    readonly message?: string;
    readonly driver?: string;
  };
  readonly memoryAvailable: number;
  /** Free space in the folders of the cache and of docker's data. */
  readonly diskFree: Readonly<Record<string, number>>;
  /** True when programs and images are in the cache. */
  readonly warm: boolean;
  /** True when the boxes exist already and have their memory and addresses. */
  readonly running: boolean;
  /** A kernel feature: true, false, or undefined when this user may not try it. */
  readonly kernel: Readonly<Record<"overlay" | "vxlan" | "br_netfilter", boolean | undefined>>;
  /** Networks that this machine uses, each with its user; the cluster's own are left out. */
  readonly networks: readonly { readonly cidr: string; readonly owner: string }[];
}

/** Settings that the machine must be able to fulfil. */
export interface Wanted {
  readonly nodes: number;
  readonly controllers: number;
  readonly boxProvider: string;
  readonly flannelBackend: string;
  readonly subnet: string;
  readonly podNetwork: string;
  readonly serviceNetwork: string;
}

const gigabyte = 1e9;
const ok = (name: string, text: string): Check => ({ name, level: "ok", text });
const failed = (name: string, text: string, cure: string): Check => ({ name, level: "failed", text, cure });
const warning = (name: string, text: string, cure: string): Check => ({ name, level: "warning", text, cure });

/** Lowest versions of the system's programs that are known to work; unlisted programs may have any version. */
export const minimumVersions: Readonly<Record<string, string>> = { docker: "20.10.0", vagrant: "2.2.0" };

/** Returns all checks that depend only on the machine and the wanted settings. */
export function checkMachine(facts: Facts, wanted: Wanted): readonly Check[] {
  return [
    checkNode(facts.node),
    ...Object.entries(facts.programs).map(([program, version]) => checkProgram(program, version)),
    checkDocker(facts.docker),
    checkMemory(facts, wanted),
    ...Object.entries(facts.diskFree).map(([folder, free]) => checkDisk(folder, free, facts.warm)),
    ...checkKernel(facts.kernel, wanted),
    ...checkAddresses(facts.networks, wanted),
  ];
}

export function checkNode(version: string): Check {
  const fits = isWithin(version, "22.12.0") || isWithin(version, "20.19.0", "21.0.0");
  if (fits) return ok("node", version);
  return failed(
    "node",
    `${version}; allowed: 20.19 or newer, of Node 22: 22.12 or newer`,
    "Install it from https://nodejs.org",
  );
}

export function checkProgram(program: string, version: string | undefined): Check {
  if (version === undefined)
    return failed(program, "not found", "Run: ./cluster prepare   (it installs missing programs)");
  const minimum = minimumVersions[program];
  if (minimum === undefined || isWithin(version, minimum)) return ok(program, version);
  return failed(
    program,
    `${version}; allowed: ${minimum} or newer`,
    `Upgrade ${program} with the system's package manager.`,
  );
}

export function checkDocker(docker: Facts["docker"]): Check {
  if (docker.kind === "forbidden") {
    const cure = 'Run: sudo usermod -aG docker "$USER"   and log in again, or run this command as root.';
    return failed("docker daemon", `this user may not use it: ${docker.message ?? ""}`, cure);
  }
  if (docker.kind === "stopped") {
    const cure = "Run: ./cluster up   (it starts the daemon), or: sudo systemctl start docker";
    return failed("docker daemon", `does not answer: ${docker.message ?? ""}`, cure);
  }
  if (docker.driver === "vfs") {
    return warning(
      "docker daemon",
      "its storage driver vfs copies every layer",
      'Set "storage-driver": "overlay2" in /etc/docker/daemon.json, then restart docker.',
    );
  }
  return ok("docker daemon", `runs, storage driver ${docker.driver ?? "unknown"}`);
}

/** Returns the measured memory of controllers (with API server; the first with docker daemon), nodes and pods, in bytes. */
export function memoryNeeded({ nodes, controllers }: Pick<Wanted, "nodes" | "controllers">): number {
  return (1.2 + 0.8 * (controllers - 1) + 0.55 * nodes) * gigabyte;
}

export function checkMemory(
  facts: Pick<Facts, "memoryAvailable" | "running">,
  wanted: Pick<Wanted, "nodes" | "controllers">,
): Check {
  const needed = memoryNeeded(wanted);
  const text = `${size(facts.memoryAvailable)} available`;
  if (facts.running || facts.memoryAvailable >= needed) return ok("memory", text);
  const controllers = wanted.controllers === 1 ? "a controller" : `${wanted.controllers} controllers`;
  const cure = "End other programs, add memory, or: ./cluster pulumi config set nodes <fewer>";
  return failed("memory", `${text}; ${size(needed)} needed for ${controllers} and ${wanted.nodes} nodes`, cure);
}

export function checkDisk(folder: string, free: number, warm: boolean): Check {
  const needed = (warm ? 4 : 15) * gigabyte;
  const text = `${size(free)} free at ${folder}`;
  if (free >= needed) return ok("disk", text);
  const cure =
    'Make room, or put the cache elsewhere with XDG_CACHE_HOME (docker\'s data: "data-root" in daemon.json).';
  return failed("disk", `${text}; ${size(needed)} needed${warm ? "" : " for the first set-up"}`, cure);
}

export function checkKernel(kernel: Facts["kernel"], wanted: Pick<Wanted, "boxProvider" | "flannelBackend">): Check[] {
  // Virtual machines bring their own kernel.
  if (wanted.boxProvider !== "docker") return [];
  const names = (["overlay", "vxlan", "br_netfilter"] as const).filter(
    (name) => name !== "vxlan" || wanted.flannelBackend === "vxlan",
  );
  return names.map((name) => {
    const found = kernel[name];
    if (found === undefined)
      return warning(`kernel: ${name}`, "cannot be checked by this user", "Run ./cluster doctor as root to check it.");
    if (found) return ok(`kernel: ${name}`, "works");
    return failed(
      `kernel: ${name}`,
      "not available; needed for the boxes",
      `Run: sudo modprobe ${name}   (or use a kernel that has it)`,
    );
  });
}

export function checkAddresses(networks: Facts["networks"], wanted: Wanted): Check[] {
  // Addresses of pods and services exist only inside the boxes; an overlap hides the other network from the pods.
  return (["subnet", "podNetwork", "serviceNetwork"] as const).map((key) => {
    const clashes = networks.filter(({ cidr }) => networksOverlap(cidr, wanted[key]));
    if (clashes.length === 0) return ok(`addresses: ${key}`, wanted[key]);
    const users = clashes.map(({ cidr, owner }) => `${cidr} (${owner})`).join(", ");
    const text = `${wanted[key]} overlaps ${users}`;
    const cure = `Choose another network: ./cluster pulumi config set ${key} <network>`;
    return key === "subnet" ? failed(`addresses: ${key}`, text, cure) : warning(`addresses: ${key}`, text, cure);
  });
}

/** `3.4 GB`. */
export function size(bytes: number): string {
  return `${(bytes / gigabyte).toFixed(1)} GB`;
}
