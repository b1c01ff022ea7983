/** Settings that a living cluster cannot change: refused, or its removal before the next cluster is made. */
import * as fs from "node:fs";
import * as path from "node:path";
import {
  changesOfRecord,
  describeLoss,
  describeWaysOn,
  foundationFileName,
  type Settings,
} from "@inaetics/model/cluster";
import { clusterCommand, type Context } from "@inaetics/stack";
import { Failure, type Progress } from "@inaetics/workstation";
import { removeCluster } from "./destroy";

/**
 * Removes the cluster when its boxes do not fit the settings and the loss of its data is accepted.
 * @throws Failure naming the settings and the loss when it is not accepted; nothing has been changed by then
 */
export async function replaceCluster(
  context: Context,
  settings: Settings,
  accepted: boolean,
  progress: Progress,
): Promise<void> {
  const file = path.join(context.run, foundationFileName);
  if (!fs.existsSync(file)) return;
  const changes = changesOfRecord(fs.readFileSync(file, "utf8"), settings);
  if (changes.length === 0) return;
  if (!accepted) throw new Failure(describeLoss(changes), describeWaysOn(changes, clusterCommand(context)));
  progress.note(`${describeLoss(changes)}\nAccepted by --accept-data-loss: removing ${context.cluster} first`);
  await removeCluster(context, { kind: "all", args: [] }, progress);
}
