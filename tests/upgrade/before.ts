/** Turns a checkout into the previous release: its versions are older, everything else is today's. */
import * as fs from "node:fs";
import * as path from "node:path";
import type { Project } from "../support/cluster/project";
import { repository } from "../support/repository";

/** Version of today in tools/lock.yaml, and the version before it. */
interface Step {
  readonly tool: string;
  readonly before: string;
}

/** Kubernetes and the broker are a minor version back, etcd a patch; their go.mod files are in `go/`. */
export const steps: readonly Step[] = [
  { tool: "kubernetes", before: "1.36.3" },
  { tool: "etcd", before: "3.6.15" },
  { tool: "nats-server", before: "2.14.9" },
];

/** The version of a tool in the lock file of a checkout. */
export function lockedVersion(project: Project, tool: string): string {
  const text = fs.readFileSync(project.file("tools", "lock.yaml"), "utf8");
  const version = new RegExp(`^  ${tool}:\\n(?:    .*\\n)*?    version: (.*)$`, "m").exec(text)?.[1];
  if (version === undefined) throw new Error(`tools/lock.yaml has no version of ${tool}`);
  return version;
}

/** Sets the previous versions in the checkout. */
export function goBack(project: Project): void {
  const lock = project.file("tools", "lock.yaml");
  for (const { tool, before } of steps) {
    const now = lockedVersion(project, tool);
    const minors = (version: string) => `gitMinor=${version.split(".")[1] ?? ""}`;
    const text = fs.readFileSync(lock, "utf8");
    const changed = text.replaceAll(now, before);
    fs.writeFileSync(lock, tool === "kubernetes" ? changed.replace(minors(now), minors(before)) : changed);
    fs.cpSync(path.join(repository, "tests", "upgrade", "go", tool), project.file("tools", "go", tool), {
      recursive: true,
    });
  }
}

/** Sets today's versions in the checkout, as `git pull` does. */
export function goForward(project: Project): void {
  fs.cpSync(path.join(repository, "tools"), project.file("tools"), { recursive: true });
}
