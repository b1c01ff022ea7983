import type { PlantSettings } from "./plant";

/** Arrivals over time, and what else happens meanwhile. */
export interface Load {
  readonly name: string;
  readonly seconds: number;
  /** Samples that are offered per second at a time in seconds. */
  readonly rate: (time: number) => number;
  /** Times at which the load changes for good. The time between two changes is judged as one step. */
  readonly changes: readonly number[];
  /** True while the queue agent does not answer. */
  readonly unreadable?: (time: number) => boolean;
  /** Time in seconds at which another coordinator takes over, which remembers nothing. */
  readonly takeover?: number;
  readonly plant?: Partial<PlantSettings>;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;

/** Quiet for a minute, then `rate` for ten, then quiet again. */
function step(name: string, rate: number, rest: Partial<Load> = {}): Load {
  const changes = [MINUTE, 11 * MINUTE];
  return { name, seconds: 20 * MINUTE, rate: (time) => (time >= 60 && time < 660 ? rate : 50), changes, ...rest };
}

/** From `low` to `high` and back, once in `period` seconds. */
function wave(time: number, period: number, low: number, high: number): number {
  return low + ((high - low) * (1 - Math.cos((2 * Math.PI * time) / period))) / 2;
}

function ramp(time: number): number {
  const share = time < 360 ? (time - 60) / 300 : (960 - time) / 300;
  return 50 + 1950 * Math.min(1, Math.max(0, share));
}

/** A working day: nights at 60/s, two humps with lunch between. Has a burst of a minute each hour from 8 to 18 h. */
function day(time: number): number {
  const hour = time / HOUR;
  const hump = (middle: number, width: number): number => Math.exp(-(((hour - middle) / width) ** 2));
  const busy = hour > 8 && hour < 18 && time % HOUR < MINUTE ? 500 : 0;
  return 60 + 1300 * hump(10.5, 1.5) + 1100 * hump(15, 1.8) + busy;
}

export const loads: readonly Load[] = [
  step("step to 1500/s", 1500),
  step("step to 4000/s: more than 8 processors take", 4000),
  step("step to 900/s, processors at 45 % of the configured rate", 900, { plant: { speed: 0.45 } }),
  step("the same, and another coordinator takes over after 4 min, with no memory", 900, {
    plant: { speed: 0.45 },
    takeover: 300,
  }),
  step("step to 900/s, machine takes 1200/s in all", 900, { plant: { machineRate: 1200 } }),
  step("step to 1500/s, a processor dies after 100 s on average", 1500, { plant: { lifeSeconds: 100 } }),
  step("step to 1500/s, queue unreadable for 30 s of each 100 s", 1500, {
    unreadable: (time) => time % 100 >= 60 && time % 100 < 90,
  }),
  step("step to 1500/s, processors start in 25 s", 1500, { plant: { startSeconds: 25 } }),
  { name: "ramp to 2000/s in 5 min, and back", seconds: 1500, rate: ramp, changes: [] },
  { name: "sine 100..1800/s, 10 min", seconds: HOUR, rate: (time) => wave(time, 600, 100, 1800), changes: [] },
  {
    name: "bursts: 300/s, each 3 min 3000/s for 20 s",
    seconds: HOUR,
    rate: (time) => (time % 180 >= 160 ? 3000 : 300),
    changes: [],
  },
  { name: "24 h", seconds: DAY, rate: day, changes: [] },
];
