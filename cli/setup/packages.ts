import { which } from "../../tools/acquire";
import { Failure, run, tryRun, Progress, withStep } from "@inaetics/workstation";

/** A program that the system's package manager provides. */
export interface SystemProgram {
  readonly program: string;
  /** Name of Debian's package. */
  readonly package: string;
  readonly purpose: string;
}

export const systemPrograms: readonly SystemProgram[] = [
  { program: "docker", package: "docker.io", purpose: "runs the boxes and builds their image" },
  { program: "vagrant", package: "vagrant", purpose: "makes the boxes" },
  { program: "debootstrap", package: "debootstrap", purpose: "makes the boxes' Debian" },
  { program: "ssh", package: "openssh-client", purpose: "logs in to boxes" },
  { program: "ssh-keygen", package: "openssh-client", purpose: "makes keys" },
  { program: "iptables", package: "iptables", purpose: "makes docker's networks" },
  { program: "ip", package: "iproute2", purpose: "finds overlapping addresses" },
  { program: "flock", package: "util-linux", purpose: "keeps two set-ups apart" },
];

/** The docker daemon: a machine may have only docker's client, with the daemon elsewhere or nowhere. */
export const dockerDaemon: SystemProgram = { program: "dockerd", package: "docker.io", purpose: "runs the boxes" };

/** Additional programs for the tests: real servers and a real browser on this machine's loopback. */
export const testPrograms: readonly SystemProgram[] = [
  { program: "sshd", package: "openssh-server", purpose: "the server that remote commands are tested against" },
  { program: "chromium", package: "chromium", purpose: "shows the pages to the tests" },
  { program: "shellcheck", package: "shellcheck", purpose: "checks the shell scripts" },
];

/** PATH with the folders that Debian keeps out of an ordinary user's PATH. */
export const systemPath = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

/** Returns the programs that are not found on this machine. */
export function missingPrograms(
  find: (program: string) => string | undefined = findProgram,
  programs: readonly SystemProgram[] = systemPrograms,
): readonly SystemProgram[] {
  return programs.filter((entry) => find(entry.program) === undefined);
}

export function findProgram(program: string): string | undefined {
  return which(program, undefined, systemPath);
}

/** Returns the words before a command that make it run as root: none for root, `sudo -n`, or undefined. */
export async function rootPrefix(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  if (findProgram("sudo") === undefined) return undefined;
  return (await tryRun("sudo", ["-n", "true"], { timeout: 10_000 })).exitCode === 0 ? ["sudo", "-n"] : undefined;
}

/**
 * Installs missing programs, after naming them.
 * @throws Failure with the command to run when this user may not install, or apt-get does not exist
 */
export async function ensurePackages(progress: Progress, programs = systemPrograms): Promise<void> {
  const missing = missingPrograms(findProgram, programs);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((entry) => entry.package))];
  await installPackages(progress, packages, missing.map((entry) => `${entry.program}: ${entry.purpose}`).join(", "));
  const still = missingPrograms(findProgram, programs);
  if (still.length > 0) {
    throw new Failure(
      `still missing after the installation: ${still.map((entry) => entry.program).join(", ")}`,
      `Check that these packages were installed: ${packages.join(", ")}`,
    );
  }
}

/**
 * Installs packages of the system, after naming them and their purpose.
 * @throws Failure with the command to run when this user may not install, or apt-get does not exist
 */
export async function installPackages(progress: Progress, packages: readonly string[], purpose: string): Promise<void> {
  const why = `${packages.join(", ")} (${purpose})`;
  const command = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  if (findProgram("apt-get") === undefined) {
    throw new Failure(`missing on this machine: ${why}`, "Install these with your system's package manager.");
  }
  const prefix = await rootPrefix();
  if (prefix === undefined) throw new Failure(`missing on this machine: ${why}`, `Run: sudo ${command}`);
  progress.note(`missing: ${why}`);
  await withStep(progress, command, async (step) => {
    const apt = async (args: readonly string[]) => {
      const [program = "", ...rest] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
      await run(program, rest, {
        onLine: (line) => step.detail(line),
        cure: "End other package managers, and check that the package sources can be reached: the message above has the reason.",
      });
    };
    await apt(["update", "-q"]);
    await apt(["install", "-qy", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", ...packages]);
  });
}
