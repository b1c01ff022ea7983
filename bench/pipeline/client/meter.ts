import * as os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Throughput } from "../orders";

/** Counts so far, at the broker's own time in ms. */
export interface Count {
  readonly at: number;
  readonly done: number;
  readonly waiting: number;
}

/** Counts once a second for so many seconds. Rejects with the reader's error. */
export async function meter(seconds: number, read: () => Promise<Count>): Promise<Throughput> {
  const before = busyTime();
  const counts = [await read()];
  const begin = performance.now();
  for (let second = 1; second <= seconds; second++) {
    await sleep(Math.max(0, begin + second * 1000 - performance.now()));
    counts.push(await read());
  }
  const after = busyTime();
  const rate = (from: Count | undefined, to: Count | undefined): number =>
    from === undefined || to === undefined ? 0 : ((to.done - from.done) * 1000) / (to.at - from.at);
  return {
    perSecond: rate(counts[0], counts.at(-1)),
    each: counts.slice(1).map((count, index) => rate(counts[index], count)),
    busy: (after.busy - before.busy) / (after.all - before.all),
    leastWaiting: Math.min(...counts.map(({ waiting }) => waiting)),
  };
}

/** Returns the time that the broker gives with an answer, in ms. Throws when it is not a time. */
export function brokerTime(text: string | undefined): number {
  const time = Date.parse(text ?? "");
  if (Number.isNaN(time)) throw new Error(`the broker's time is ${String(text)}`);
  return time;
}

/** Returns the CPU time of all cores of the machine, boxes of other nodes included where they share it. */
function busyTime(): { readonly busy: number; readonly all: number } {
  const all = os.cpus().flatMap(({ times }) => Object.values(times));
  const idle = os.cpus().map(({ times }) => times.idle);
  return { busy: sum(all) - sum(idle), all: sum(all) };
}

function sum(values: readonly number[]): number {
  return values.reduce((so, value) => so + value, 0);
}
