/** Settings that the boxes were made for, as recorded on the workstation. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { command as commandLine, quote } from "@inaetics/base";
import {
  changesOfRecord,
  describeLoss,
  describeWaysOn,
  formatFoundation,
  foundationFileName,
  foundationOf,
  type Settings,
} from "@inaetics/model/cluster";

/**
 * Refuses settings that would replace all boxes of a living cluster. A preview only warns, and shows the changes.
 * @throws RunError that names the settings, the loss and the ways on
 */
export function guardFoundation(settings: Settings, runFolder: string): void {
  const file = join(runFolder, foundationFileName);
  if (!existsSync(file)) return;
  const changes = changesOfRecord(readFileSync(file, "utf8"), settings);
  if (changes.length === 0) return;
  if (pulumi.runtime.isDryRun()) {
    void pulumi.log.warn(`loss of data; up refuses it:\n${describeLoss(changes)}`);
    return;
  }
  throw new pulumi.RunError(
    `refused, nothing was changed\n${describeLoss(changes)}\n${describeWaysOn(changes, "./cluster")}`,
  );
}

/** Records the settings before the first box is made. The record goes after the last box. */
export function recordFoundation(
  name: string,
  settings: Settings,
  runFolder: string,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const file = join(runFolder, foundationFileName);
  const text = formatFoundation(foundationOf(settings));
  return new command.local.Command(
    name,
    {
      create: [
        "set -eu",
        commandLine("mkdir", "-p", runFolder),
        `printf %s ${quote(text)} > ${quote(`${file}.partial`)}`,
        commandLine("mv", `${file}.partial`, file),
      ].join("\n"),
      delete: commandLine("rm", "-f", file),
      addPreviousOutputInEnv: false,
    },
    opts,
  );
}
