import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "@inaetics/base";
import type { Context } from "@inaetics/stack";
import { createProgress, Failure, type Progress, withStep } from "@inaetics/workstation";
import { healFaults } from "../faults/inject";
import { pauseLoad, resumeLoad } from "../faults/load";
import { parseSeconds } from "../faults/plan";
import { check } from "./checker";
import { measure } from "./measure";
import type { Recovered } from "./recovery";
import { outcomeProblems, renderOutcome, type Outcome } from "./report";
import { type QueueState, readQueue } from "./results";
import { chooseFaults, describePlanned, schedule, usualFaults } from "./schedule";
import { openSession, type Session } from "./session";

/** Options of `./cluster verify` as typed. */
export interface VerifyOptions {
  readonly for: string;
  readonly seed?: string;
  readonly rate: string;
  readonly faults?: string;
  readonly json?: boolean;
}

const SECOND = 1000;
/** Longest time from a put to its result outside faults. */
const LATENCY_MS = 15 * SECOND;
/** Longest time in which the queue must drain at the end: twice a redelivery, and the processors' work. */
const DRAIN_MS = 180 * SECOND;
/** Time after a fault in which samples may still be late, because the queue drains. */
const AFTERMATH_MS = 60 * SECOND;
/** Windows of the streams, in which a repeated put or result is recognised. */
const [PUT_WINDOW_MS, RESULT_WINDOW_MS] = [60 * SECOND, 120 * SECOND];

/** Verifies the cluster under faults, prints the outcome, and sets the exit code to 1 when it is bad. */
export async function verify(context: Context, options: VerifyOptions): Promise<void> {
  const seconds = parseSeconds(options.for, 24 * 3600);
  const seed = parseNumber("--seed", options.seed ?? String(Date.now() % 1_000_000), 0, 2 ** 32 - 1);
  const rate = parseNumber("--rate", options.rate, 1, 2000);
  const names = options.faults?.split(",").map((name) => name.trim()) ?? usualFaults;
  const progress = createProgress();
  // An earlier verification may have been killed.
  await resumeLoad(context);
  const session = await withStep(progress, "connecting to the brokers", () => openSession(context, rate));
  let outcome: Outcome;
  try {
    chooseFaults(session.scene, names);
    progress.note(
      `seed ${seed}; again with: ./cluster --stack ${context.stack} verify --for ${options.for} --seed ${seed}`,
    );
    outcome = await observe(context, session, { seconds, seed, rate, names }, progress);
  } finally {
    await session.watch.tidy().catch(() => undefined);
    await session.close();
  }
  process.stdout.write(options.json === true ? `${JSON.stringify(outcome, null, 2)}\n` : renderOutcome(outcome));
  if (outcomeProblems(outcome).length > 0) process.exitCode = 1;
}

interface Order {
  readonly seconds: number;
  readonly seed: number;
  readonly rate: number;
  readonly names: readonly string[];
}

async function observe(context: Context, session: Session, order: Order, progress: Progress): Promise<Outcome> {
  const { seconds, seed, rate, names } = order;
  const deadline = Date.now() + seconds * SECOND;
  const before = await readQueue(session.connection);
  const recoveries: Recovered[] = [];
  try {
    for (const planned of schedule(session.scene, seed, names)) {
      const pause = planned.calm * SECOND;
      if (Date.now() + pause + (planned.seconds ?? 0) * SECOND > deadline) break;
      await sleep(pause);
      await withStep(progress, describePlanned(planned), async (step) => {
        const recovered = await measure(context, session, planned);
        recoveries.push(recovered);
        step.detail(`${recovered.seconds ?? "not recovered"}`);
      });
    }
    if (deadline > Date.now()) await sleep(deadline - Date.now());
  } finally {
    await healFaults(context, progress);
  }
  const { waiting, accepted } = await withStep(progress, "draining the queue", () => drain(context, session));
  const verdict = check(session.ledger.events, {
    endedAt: Date.now(),
    waiting,
    latencyMs: LATENCY_MS,
    putWindowMs: PUT_WINDOW_MS,
    resultWindowMs: RESULT_WINDOW_MS,
    disturbances: recoveries.map(({ from, wholeAt }) => ({ from, to: (wholeAt ?? Infinity) + AFTERMATH_MS })),
  });
  const own = { seed, rate, seconds, accepted: accepted - before.accepted };
  return { stack: context.stack, ...own, verdict, recoveries, waiting };
}

/** Stops all producers, waits for the results of what they put, and sets the load back. Returns the queue's last state. */
async function drain(context: Context, { producer, follower, ledger, connection }: Session): Promise<QueueState> {
  await producer.stop(30 * SECOND);
  await pauseLoad(context);
  try {
    const deadline = Date.now() + DRAIN_MS;
    for (;;) {
      const state = await readQueue(connection).catch((error: unknown) => messageOf(error));
      const complete = await follower.isComplete().catch(() => false);
      const late = Date.now() > deadline;
      if (typeof state !== "string" && (late || (state.waiting === 0 && complete && ledger.outstanding === 0)))
        return state;
      if (late && typeof state === "string")
        throw new Failure(`the brokers do not answer: ${state}`, "Run: ./cluster status");
      await sleep(SECOND);
    }
  } finally {
    await resumeLoad(context);
  }
}

function parseNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  const cure = `Run: ./cluster verify ${option} ${least}`;
  throw new Failure(`${option}: got "${text}"; allowed: a whole number from ${least} to ${most}`, cure);
}
