/** Differences of a box from its configuration, as `vagrant/scripts/survey` on the box reports them. */
import { messageOf } from "@inaetics/base";
import { tryRun } from "@inaetics/workstation";
import * as fs from "node:fs";
import { Context } from "./context";
import { statePaths } from "./environment";
import { sshOptions, unattended } from "./ssh";

/** Report of one box. */
export interface Survey {
  /** Differences that the box's next configuration repairs: `unit etcd.service is inactive`. */
  readonly drift: readonly string[];
  /** Differences that other resources repair. */
  readonly notes: readonly string[];
}

/** Returns ssh's arguments for a survey of the box with this address. */
export function surveyCommand(context: Context, address: string, peers: readonly string[] = []): string[] {
  const traffic = peers.length === 0 ? [] : ["--traffic", peers.join(",")];
  return [
    ...unattended,
    ...sshOptions(context, 3),
    `vagrant@${address}`,
    ["sudo /opt/inaetics/vagrant/scripts/survey", ...traffic].join(" "),
  ];
}

/** Reads the lines of `survey`. Pure. */
export function parseSurvey(text: string): Survey {
  const linesOf = (kind: string) =>
    text.split("\n").flatMap((line) => (line.startsWith(`${kind} `) ? [line.slice(kind.length + 1)] : []));
  return { drift: linesOf("drift"), notes: linesOf("note") };
}

/**
 * Surveys a box.
 * @param peers addresses of the boxes whose pods it must reach; none: this is not checked
 * @returns the report, or the reason why none can be had
 */
export async function surveyBox(
  context: Context,
  address: string,
  peers: readonly string[] = [],
): Promise<Survey | { readonly problem: string }> {
  try {
    if (!fs.existsSync(statePaths.sshKey(context))) return { problem: `${statePaths.sshKey(context)} is missing` };
    const answer = await tryRun("ssh", surveyCommand(context, address, peers), { timeout: 10_000 });
    if (answer.exitCode === 0) return parseSurvey(answer.stdout);
    // A box of an earlier version has no such script, and its configuration changes anyway.
    return { problem: answer.problem ?? answer.stderr.trim() };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
