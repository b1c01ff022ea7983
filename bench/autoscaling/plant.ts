import { total, type Kinds } from "@inaetics/autoscaling";
import type { QueueReading } from "@inaetics/samples";
import { seededRandom } from "@inaetics/base";

/** Settings of the simulation: a queue, and processors of both kinds. */
export interface PlantSettings {
  readonly seed: number;
  /** Samples that fit in the queue. */
  readonly capacity: number;
  /** Seconds from the request of a processor to its first sample. */
  readonly startSeconds: number;
  /** Felix processors take 333/s and Celix ones 250/s times this. */
  readonly speed: number;
  /** Most samples/s that all processors together can take, limited by the machine under them. */
  readonly machineRate: number;
  /** Average seconds that a processor works before it dies. It is replaced at once. */
  readonly lifeSeconds: number;
}

export const plantDefaults: PlantSettings = {
  seed: 1,
  capacity: 10_000,
  startSeconds: 3,
  speed: 1,
  machineRate: Infinity,
  lifeSeconds: Infinity,
};

const RATES: Kinds = { felix: 1000 / 3, celix: 250 };
/** Celix takes samples in bursts of exactly so many; Felix one by one. */
const BURST: Kinds = { felix: 1, celix: 25 };

interface Processor {
  readonly kind: keyof Kinds;
  readyAt: number;
  /** Samples that the processor had the time for but has not taken. */
  budget: number;
}

/** Arrivals, queue and processors, advanced in small steps of time. Every sample that was offered is counted. */
export class Plant {
  now = 0;
  depth = 0;
  offered = 0;
  accepted = 0;
  rejected = 0;
  taken = 0;
  processorSeconds = 0;
  private arriving = 0;
  private readonly processors: Processor[] = [];
  private readonly chance: () => number;

  constructor(private readonly settings: PlantSettings) {
    this.chance = seededRandom(settings.seed);
  }

  /** Requests numbers of processors. Removes the newest of a kind first, as a replication controller does. */
  request(kinds: Kinds, ready = false): void {
    for (const kind of ["felix", "celix"] as const) {
      const present = this.processors.filter((each) => each.kind === kind);
      for (const extra of present.slice(kinds[kind])) this.processors.splice(this.processors.indexOf(extra), 1);
      for (let count = present.length; count < kinds[kind]; count++) {
        this.processors.push({ kind, readyAt: this.now + (ready ? 0 : this.settings.startSeconds), budget: 0 });
      }
    }
  }

  requested(): Kinds {
    return this.count(() => true);
  }

  ready(): Kinds {
    return this.count((each) => each.readyAt <= this.now);
  }

  /** One step of `seconds` with arrivals at `rate` samples/s, give or take 5 %. */
  step(seconds: number, rate: number): void {
    this.now += seconds;
    this.processorSeconds += seconds * this.processors.length;
    this.arrive(seconds * rate * (0.95 + 0.1 * this.chance()));
    const working = this.processors.filter((each) => each.readyAt <= this.now);
    const nominal = working.reduce((sum, each) => sum + RATES[each.kind] * this.settings.speed, 0);
    const share = Math.min(1, this.settings.machineRate / Math.max(1, nominal));
    for (const each of working) this.process(each, seconds * RATES[each.kind] * this.settings.speed * share);
    for (const each of this.processors) {
      if (this.chance() >= seconds / this.settings.lifeSeconds) continue;
      each.readyAt = this.now + this.settings.startSeconds;
      each.budget = 0;
    }
  }

  /** Reading that the queue agent would make now. */
  reading(): QueueReading {
    const { capacity } = this.settings;
    const at = Math.round(this.now * 1000);
    return { at, capacity, depth: this.depth, accepted: this.accepted, oldestMs: 0, inFlight: 0, redelivered: 0 };
  }

  private arrive(amount: number): void {
    this.arriving += amount;
    const samples = Math.floor(this.arriving);
    this.arriving -= samples;
    const fitting = Math.min(samples, this.settings.capacity - this.depth);
    this.offered += samples;
    this.accepted += fitting;
    this.rejected += samples - fitting;
    this.depth += fitting;
  }

  /** Lets a processor take samples. It cannot make up for idle time later, beyond one burst. */
  private process(processor: Processor, time: number): void {
    const burst = BURST[processor.kind];
    processor.budget += time;
    const bursts = Math.floor(processor.budget / burst);
    const taken = Math.min(bursts * burst, this.depth);
    processor.budget = Math.min(processor.budget - taken, Math.max(burst, time));
    this.depth -= taken;
    this.taken += taken;
  }

  private count(which: (processor: Processor) => boolean): Kinds {
    const those = this.processors.filter(which);
    const felix = those.filter(({ kind }) => kind === "felix").length;
    return { felix, celix: those.length - felix };
  }

  /** The fewest processors that take `rate` samples per second. */
  static needed(rate: number, speed: number): number {
    let kinds: Kinds = { felix: 0, celix: 0 };
    while ((kinds.felix * RATES.felix + kinds.celix * RATES.celix) * speed < rate && total(kinds) < 1000) {
      kinds = kinds.felix > kinds.celix ? { ...kinds, celix: kinds.celix + 1 } : { ...kinds, felix: kinds.felix + 1 };
    }
    return total(kinds);
  }
}
