import { setTimeout as sleep } from "node:timers/promises";
import { changeLoad, Context, LoadChange, readStats, SiteAccess, siteAccess } from "@inaetics/stack";
import { Failure, createProgress, Progress, withStep } from "@inaetics/workstation";
import { messageOf, table } from "@inaetics/base";
import { GivenRequest, unmetParts, parseWait, parseRequest, ScaleRequest } from "./request";
import { loadRows } from "../status/render";
import { parseReplicas, PROCESSORS_PATH, PRODUCERS_PATH, SystemStats, UTILISATION_PATH } from "@inaetics/model";

export interface ScaleOptions extends GivenRequest {
  /** Seconds to wait for the pods; false to wait only until the numbers are set. */
  readonly wait: string | false;
  readonly json?: boolean;
}

const pollMs = 500;
/** Milliseconds after a change in which an answer may be stale, because the dashboard reads the cluster once a second. */
const staleMs = 1500;
/** Seconds within which the dashboard must show the new numbers. */
const setSeconds = 15;
/** Sets the given producers, rate and processors, waits until they take effect, and prints the settings. */
export async function scale(context: Context, options: ScaleOptions): Promise<void> {
  const now = await scaleThrough(() => siteAccess(context, "dashboard"), options, createProgress());
  process.stdout.write(
    options.json === true ? `${JSON.stringify(loadOf(now), null, 2)}\n` : `${table(loadRows(now))}\n`,
  );
}

/**
 * Sets the given options through a dashboard and returns the resulting state. Throws a Failure before anything is
 * changed, or when the change takes effect too late.
 */
export async function scaleThrough(
  find: () => Promise<SiteAccess>,
  options: ScaleOptions,
  progress: Progress,
): Promise<SystemStats> {
  const seconds = options.wait === false ? 0 : parseWait(options.wait);
  const access = await find();
  const before = await askStats(access);
  const request = parseRequest(options, before);
  if (Object.values(request).every((value) => value === undefined)) return before;
  await setAll(access, request);
  return settle(access, request, seconds, progress);
}

async function askStats({ address }: SiteAccess): Promise<SystemStats> {
  try {
    return await readStats(address);
  } catch (error) {
    throw new Failure(`the dashboard does not answer: ${messageOf(error)}`, "Run: ./cluster status");
  }
}

/** Sets rate and producers first, then the processors. Throws a Failure that names the settings made before it. */
async function setAll(access: SiteAccess, { rate, producers, processors }: ScaleRequest): Promise<void> {
  const changes = new Map<string, LoadChange>();
  if (rate !== undefined) changes.set("rate", { path: UTILISATION_PATH, body: { value: rate } });
  if (producers !== undefined) {
    const body = typeof producers === "number" ? { count: producers } : producers;
    changes.set("producers", { path: PRODUCERS_PATH, body });
  }
  if (processors !== undefined) {
    changes.set("processors", { path: PROCESSORS_PATH, body: processors === "auto" ? { auto: true } : processors });
  }
  const done: string[] = [];
  for (const [name, change] of changes) {
    try {
      await changeLoad(access, change);
    } catch (error) {
      const set = done.length === 0 ? "" : `\nset before: ${done.join(", ")}`;
      throw new Failure(`${name}: ${messageOf(error)}${set}`, "Run the same command again.");
    }
    done.push(name);
  }
}

/** Waits until everything is set and, during the given seconds, until the pods are ready. */
async function settle(
  access: SiteAccess,
  request: ScaleRequest,
  seconds: number,
  progress: Progress,
): Promise<SystemStats> {
  const name = seconds === 0 ? "set" : "set and ready";
  return withStep(progress, name, async (step) => {
    const limit = Math.max(seconds, setSeconds);
    const deadline = Date.now() + limit * 1000;
    await sleep(staleMs);
    for (;;) {
      // A dashboard that does not answer for a moment is polled again.
      const now = await readStats(access.address).catch((error: unknown) => messageOf(error));
      const unmet = typeof now === "string" ? [now] : unmetParts(request, now, seconds > 0);
      step.detail(unmet.join(", "));
      if (typeof now !== "string" && unmet.length === 0) return now;
      if (Date.now() > deadline) {
        const text = `everything was requested, but is not complete after ${limit} s: ${unmet.join(", ")}`;
        throw new Failure(text, "The cluster continues by itself. Check it again with: ./cluster scale");
      }
      await sleep(pollMs);
    }
  });
}

/** Returns the settings and the replicas that exist, for programs. Pure. */
export function loadOf({ ratePercent, producers, processors, mode, policy, maxProducers }: SystemStats): object {
  return {
    ratePercent,
    producers: parseReplicas(producers),
    maxProducers,
    processors: parseReplicas(processors),
    mode,
    policy,
  };
}
