import { emptyHistory, extendHistory, total, type Kinds, type Metric, type Observation } from "@inaetics/autoscaling";
import { addReading, queueFigures, type QueueReading } from "@inaetics/samples";
import type { Contender } from "./contenders";
import type { Load } from "./loads";
import { Plant, plantDefaults } from "./plant";

/** State of the plant at one second, and the last decision. */
export interface Moment {
  readonly time: number;
  readonly fill: number;
  readonly requested: Kinds;
  readonly processors: number;
  readonly rule: string;
}

/** Result of a run: one moment each second, and the plant's counters at the end. */
export interface Trace {
  readonly load: Load;
  readonly moments: readonly Moment[];
  readonly plant: Plant;
}

const TICKS_PER_SECOND = 10;
const INTERVAL_SECONDS = 10;

/** Keeps readings of the last seconds as the queue agent does, and computes its figures. */
class Agent {
  private window: readonly QueueReading[] = [];

  read(plant: Plant): void {
    this.window = addReading(this.window, plant.reading());
  }

  figures(plant: Plant): Metric | undefined {
    return queueFigures(this.window, plant.rejected);
  }
}

/**
 * Runs a load against a contender.
 * @param phase time of the first poll in seconds: a load's change falls anywhere between two polls
 */
export function simulate(contender: Contender, load: Load, phase: number): Trace {
  const plant = new Plant({ ...plantDefaults, ...load.plant, seed: 1 + phase });
  const agent = new Agent();
  const moments: Moment[] = [];
  let history = emptyHistory;
  let rule = "";
  plant.request({ felix: 1, celix: 0 }, true);
  for (let tick = 0; tick < load.seconds * TICKS_PER_SECOND; tick++) {
    const time = tick / TICKS_PER_SECOND;
    if (tick % TICKS_PER_SECOND === 0) {
      if (time === load.takeover) history = emptyHistory;
      agent.read(plant);
      if (time % INTERVAL_SECONDS === phase % INTERVAL_SECONDS) {
        const observation = observe(load, time, agent.figures(plant));
        history = extendHistory(history, observation);
        const decision = contender.decide(history, { ready: plant.ready(), requested: plant.requested() });
        history = extendHistory(history, observation, decision);
        plant.request(decision.kinds);
        rule = decision.rule;
      }
      moments.push(moment(plant, time, rule));
    }
    plant.step(1 / TICKS_PER_SECOND, load.rate(time));
  }
  return { load, moments, plant };
}

function observe(load: Load, time: number, metric: Metric | undefined): Observation {
  const at = time * 1000;
  const problem = load.unreadable?.(time) === true ? "the queue agent does not answer" : undefined;
  return metric === undefined || problem !== undefined ? { at, problem: problem ?? "no figures yet" } : { at, metric };
}

function moment(plant: Plant, time: number, rule: string): Moment {
  const requested = plant.requested();
  const fill = (100 * plant.depth) / plantDefaults.capacity;
  return { time, fill, requested, processors: total(requested), rule };
}
