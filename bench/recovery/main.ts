/**
 * Measures the times in which a running cluster recovers from the loss of a pod, a broker, a node, the controller and all
 * boxes, under load. Prints Markdown. Usage: `node .build/bench/recovery/main.js [REPETITIONS] [PART...]` (20, all parts).
 *
 * The stack is this checkout's (INAETICS_STACK, INAETICS_STATE). Afterwards no fault is active. A repetition of all parts
 * takes about five minutes. docs/reliability.md has the results.
 */
import * as os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "@inaetics/base";
import { createContext } from "@inaetics/stack";
import { createProgress, Failure, withStep } from "@inaetics/workstation";
import { limits, type Recovery } from "../../cli/faults/catalogue";
import { healFaults } from "../../cli/faults/inject";
import { faultOf } from "../../cli/faults/plan";
import { nodesOf } from "../../cli/faults/scene";
import { measure } from "../../cli/verify/measure";
import { openSession, type Session } from "../../cli/verify/session";
import type { Planned } from "../../cli/verify/schedule";
import { report } from "./report";

const PER_SECOND = 100;
const CALM_MS = 5000;

interface Loss {
  readonly fault: string;
  /** Targets in turn. */
  readonly targets: (session: Session) => readonly string[];
  readonly seconds?: number;
}

/** The loss that stands for each part. */
const losses: Readonly<Record<Recovery, Loss>> = {
  pod: { fault: "pod-kill", targets: () => ["processor", "viewer", "provisioning", "queue-agent"] },
  broker: { fault: "pod-kill", targets: () => ["inaetics-queue-0", "inaetics-queue-1", "inaetics-queue-2"] },
  node: {
    fault: "halt",
    targets: ({ scene }) => nodesOf(scene),
    seconds: 60,
  },
  controller: { fault: "halt", targets: () => ["controller"], seconds: 2 },
  cluster: { fault: "all-boxes", targets: () => ["all"], seconds: 2 },
};

async function main(): Promise<void> {
  const [count = "20", ...parts] = process.argv.slice(2);
  const repetitions = /^[1-9]\d{0,2}$/.test(count) ? Number(count) : undefined;
  const chosen = Object.keys(losses).filter((part) => parts.length === 0 || parts.includes(part)) as Recovery[];
  const unknown = parts.find((part) => !Object.hasOwn(losses, part));
  if (repetitions === undefined || unknown !== undefined) {
    const allowed = `1 to 999 repetitions, parts: ${Object.keys(losses).join(", ")}`;
    throw new Failure(`got "${unknown ?? count}"; allowed: ${allowed}`);
  }
  const context = createContext(process.env);
  const progress = createProgress();
  const session = await openSession(context, PER_SECOND);
  const load = os.loadavg()[0] ?? 0;
  const found = new Map<Recovery, (number | null)[]>();
  try {
    for (let turn = 0; turn < repetitions; turn++) {
      for (const part of chosen) {
        const planned = plannedLoss(session, losses[part], turn);
        const name = `${turn + 1} of ${repetitions}: ${planned.fault.name} of ${planned.target}`;
        const { seconds } = await withStep(progress, name, () => measure(context, session, planned));
        progress.note(`${part}: ${seconds ?? "not recovered"} s`);
        found.set(part, [...(found.get(part) ?? []), seconds]);
        await sleep(CALM_MS);
      }
    }
  } finally {
    await session.close();
    await healFaults(context, progress);
    console.log(
      `${report(found, limits)}\n\n${os.cpus().length} processors, load ${load.toFixed(0)} at the beginning.`,
    );
  }
}

function plannedLoss(session: Session, { fault, targets, seconds }: Loss, turn: number): Planned {
  const allowed = targets(session);
  return { fault: faultOf(fault), target: allowed[turn % allowed.length] ?? "", seconds, calm: 0 };
}

main()
  .catch((error: unknown) => {
    console.error(messageOf(error), error instanceof Failure && error.cure !== undefined ? `\n${error.cure}` : "");
    process.exitCode = 1;
  })
  .finally(() => process.exit());
