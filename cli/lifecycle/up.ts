import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clusterCommand, Context, writeKubeconfig, stackOutputs, withStackLock } from "@inaetics/stack";
import { Failure, createProgress, formatDuration, Progress, withStep } from "@inaetics/workstation";
import { messageOf } from "@inaetics/base";
import { requireOwner } from "../ownership/require";
import { requirePreflight, requireSettings } from "../doctor";
import { requireNoRestore } from "./restoring";
import { runPulumi } from "../pulumi/attached";
import { runOperation } from "../pulumi/operation";
import { startIfStopped } from "../power/startboxes";
import { replaceCluster } from "./replace";
import { setUp, setUpMachine } from "../setup";
import { ensureStack } from "../setup/stack";
import { SYSTEM_STATS_PATH, systemStatsSchema } from "@inaetics/model";
import * as z from "zod/mini";

/** Milliseconds after Pulumi's end within which the number of results must grow. */
export const resultsDeadline = 120_000;

/** Choices of {@link up}. */
export interface UpOptions {
  /** Show Pulumi's own output instead of named steps. */
  readonly verbose: boolean;
  /** Remove the cluster first when its boxes do not fit the settings. */
  readonly acceptDataLoss: boolean;
}

/**
 * Sets up the machine, brings the cluster to the program's state, and waits until samples flow through it.
 * @param extra further options of pulumi up
 */
export async function up(context: Context, extra: readonly string[], options: UpOptions): Promise<void> {
  const started = Date.now();
  requireNoRestore(context);
  const progress = createProgress();
  await prepareUp(context, options.acceptDataLoss, progress);
  await bringUp(context, extra, options, progress, started);
}

/** Does all that comes before Pulumi. */
export async function prepareUp(context: Context, acceptDataLoss: boolean, progress: Progress): Promise<void> {
  // Problems of settings and machine are reported before anything large is downloaded or built.
  const settings = requireSettings(context);
  await setUpMachine(context, progress);
  await requireOwner(context);
  await replaceCluster(context, settings, acceptDataLoss, progress);
  await requirePreflight(context, progress);
  await setUp(context, progress);
  await startIfStopped(context, progress);
}

/**
 * Brings the cluster to the program's state, and waits until samples flow.
 * @param started time from which the whole duration counts
 */
export async function bringUp(
  context: Context,
  extra: readonly string[],
  options: Pick<UpOptions, "verbose">,
  progress: Progress,
  started = Date.now(),
): Promise<void> {
  const outputs = await withStackLock(context, progress, async () => {
    await ensureStack(context);
    await runUp(context, extra, options, progress);
    const made = await stackOutputs(context);
    writeKubeconfig(context, made);
    return made;
  });
  const { dashboard, provisioning } = outputs;
  if (typeof dashboard !== "string")
    throw new Failure("the stack has no output `dashboard`", "Check that index.ts exports it.");
  await withStep(progress, "samples processed", async (step) => {
    const results = await waitForResults(dashboard, resultsDeadline, (text) => step.detail(text));
    step.done(`${results} results`);
  });
  const command = clusterCommand(context, path.join(context.root, "cluster"));
  process.stdout.write(
    `\nDashboard: ${dashboard}\n` +
      `Software:  ${String(provisioning)} (which agent runs what)\n` +
      `Logins:    ${command} pulumi stack output credentials --show-secrets\n` +
      `Nodes:     ${command} kubectl get nodes\n` +
      `Remove:    ${command} destroy\n` +
      `Total:     ${formatDuration(Date.now() - started)}\n`,
  );
}

async function runUp(
  context: Context,
  extra: readonly string[],
  { verbose }: Pick<UpOptions, "verbose">,
  progress: Progress,
): Promise<void> {
  if (!verbose) return runOperation(context, "up", extra, progress);
  const code = await runPulumi(context, ["up", "--yes", "--skip-preview", ...extra]);
  if (code === 0) return;
  throw new Failure(`pulumi up ended with exit code ${code}`, "Correct the errors above, then run ./cluster up again.");
}

/** Figures that are read here. A dashboard that is starting may leave some out. */
const progressSchema = z.partial(z.pick(systemStatsSchema, { results: true, producers: true, ratePercent: true }));

/** True when no samples are expected: without producers, or at rate 0, the number of results need not grow. */
function isIdle(stats: z.infer<typeof progressSchema>): boolean {
  return stats.producers === "0 / 0" || stats.ratePercent === 0;
}

/**
 * Waits until the number of stored results grows between two polls. If no samples are expected, a known number is
 * enough.
 * @returns the last number seen
 * @throws Failure with the dashboard's last answer
 */
export async function waitForResults(
  dashboard: string,
  milliseconds: number,
  detail: (text: string) => void,
): Promise<number> {
  const address = new URL(SYSTEM_STATS_PATH, dashboard).href;
  const deadline = Date.now() + milliseconds;
  let before: number | undefined;
  let last = "no answer yet";
  while (Date.now() < deadline) {
    try {
      const response = await fetch(address, { signal: AbortSignal.timeout(5000) });
      if (!response.ok) throw new Error(`answered ${response.status}`);
      const stats = z.parse(progressSchema, await response.json());
      const results = stats.results ?? NaN;
      last = `${results} results`;
      if (before !== undefined && (results > before || isIdle(stats))) return results;
      if (Number.isFinite(results)) before = results;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      last = messageOf(cause);
    }
    detail(last);
    await sleep(500);
  }
  throw new Failure(
    `no samples are processed: ${address} reports "${last}", which did not grow within ${milliseconds / 1000} s`,
    "Check the pods: ./cluster kubectl get pods -n inaetics -o wide",
  );
}
