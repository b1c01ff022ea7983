/** Versions that boxes run, as the last updates recorded them on the workstation. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { formatVersions, parseVersions, type Programs, type Versions } from "./programs";
import type { Plan } from "@inaetics/model/cluster";
import { command as commandLine, quote } from "@inaetics/base";
import { type BoxVersions, describeUpgrade, planUpgrade } from "./upgrade";

function fileOf(runFolder: string, box: string): string {
  return join(runFolder, "versions", box);
}

function recorded(runFolder: string, box: string): Versions | undefined {
  const file = fileOf(runFolder, box);
  return existsSync(file) ? parseVersions(readFileSync(file, "utf8")) : undefined;
}

/**
 * Checks for boxes that this update moves to other versions, and reports them.
 * @throws Error for a step that is not allowed
 */
export function announceUpgrade(plan: Plan, programs: Programs, runFolder: string): boolean {
  const box = (name: string, wanted: Versions): BoxVersions => ({ name, wanted, runs: recorded(runFolder, name) });
  const moved = planUpgrade([
    ...plan.controllers.map(({ name }) => box(name, programs.versions.controller)),
    ...Object.keys(plan.nodes).map((name) => box(name, programs.versions.node)),
    box("broker", programs.broker),
  ]);
  if (moved.length > 0) void pulumi.log.info(describeUpgrade(moved));
  return moved.some(({ name }) => name !== "broker");
}

/** Records on the workstation the versions that a box runs, after it runs them. */
export function recordVersions(
  name: string,
  runFolder: string,
  box: string,
  versions: Versions,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const file = fileOf(runFolder, box);
  return new command.local.Command(
    name,
    {
      create: `${commandLine("mkdir", "-p", join(runFolder, "versions"))} && printf %s ${quote(formatVersions(versions))} > ${quote(file)}`,
      delete: commandLine("rm", "-f", file),
      addPreviousOutputInEnv: false,
    },
    opts,
  );
}
