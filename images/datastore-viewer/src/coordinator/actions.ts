import type { Kinds, Policy } from "@inaetics/autoscaling";
import type { ClusterEvent, EventKind, ProcessorsMode } from "@inaetics/samples";
import { messageWithCause } from "@inaetics/base";
import { unavailable } from "@inaetics/service";
import { describe, sameKinds, type Replicas } from "./replicas";
import type { Settings } from "./settings";

/** Producers of each kind for a count. Celix ones stay as far as the count allows; Felix ones fill the rest. */
export function producersOf(count: number, now: Kinds): Kinds {
  const celix = Math.min(now.celix, count);
  return { felix: count - celix, celix };
}

export interface ActionParts {
  readonly settings: Pick<Settings, "setMode" | "setRate" | "knownPolicy" | "readPolicy">;
  readonly replicas: Pick<Replicas, "read" | "scale">;
  readonly record: (event: ClusterEvent) => void;
  /** Called when the mode was changed. */
  readonly onMode: () => void;
}

/**
 * Performs the changes that people request. Every instance does so at once, one change after the other. Each change is
 * an event, unless the state already is as requested. Rejects with a Problem when a service that it needs is away.
 */
export class Actions {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: ActionParts) {}

  /** Sets the sample rate of all producers, in percent of their maximum. */
  setRate(percent: number, by: string): Promise<void> {
    return this.serially(async () => {
      const before = await this.parts.settings.setRate(percent);
      if (before === String(percent)) return;
      this.record("rate", `sample rate: ${before} % => ${percent} %`.replace("not set %", "not set"), by);
    });
  }

  /** Requests the producers that `wanted` computes from the present ones. */
  setProducers(wanted: (now: Kinds) => Kinds, by: string): Promise<Kinds> {
    return this.serially(async () => {
      const from = (await this.replicas()).producers.requested;
      const to = wanted(from);
      if (sameKinds(from, to)) return to;
      const outcome = await this.parts.replicas.scale("producers", from, to);
      const reason = `producers: ${describe(from)} => ${describe(to)}`;
      this.record("producers", reason, by, { from, to, outcome });
      if (outcome !== "done") throw unavailable(`the producers were not all scaled: ${outcome}; ask again`);
      return to;
    });
  }

  /** Switches the processors to the policy or to numbers set by hand. The setting holds until it is set again. */
  setProcessors(mode: ProcessorsMode, by: string): Promise<void> {
    return this.serially(async () => {
      const from = (await this.replicas()).processors.requested;
      const before = await this.parts.settings.setMode(mode);
      const to = mode.mode === "manual" ? { felix: mode.felix, celix: mode.celix } : from;
      const outcome = await this.parts.replicas.scale("processors", from, to);
      const reason = `processors: ${describeMode(before)} => ${describeMode(mode)}`;
      if (describeMode(before) !== describeMode(mode) || !sameKinds(from, to)) {
        this.record("mode", reason, by, { from, to, outcome });
      }
      this.parts.onMode();
      if (outcome !== "done") throw unavailable(`this is set, and will be applied: ${outcome}`);
    });
  }

  /** The fewest and most processors that people may ask for. */
  async limits(): Promise<Pick<Policy, "min" | "max">> {
    const { settings } = this.parts;
    const { policy, problem } = settings.knownPolicy === undefined ? await settings.readPolicy() : known(settings);
    if (policy === undefined) throw unavailable(problem ?? "the policy is not known yet");
    return policy;
  }

  private async replicas(): ReturnType<Replicas["read"]> {
    try {
      return await this.parts.replicas.read();
    } catch (error) {
      throw unavailable(`replicas cannot be set: ${messageWithCause(error)}`);
    }
  }

  private record(kind: EventKind, reason: string, by: string, more: Partial<ClusterEvent> = {}): void {
    this.parts.record({ outcome: "done", ...more, time: Date.now(), source: "person", kind, reason, by });
  }

  private serially<T>(action: () => Promise<T>): Promise<T> {
    const result = this.last.then(action);
    this.last = result.catch(() => undefined);
    return result;
  }
}

function known({ knownPolicy }: Pick<Settings, "knownPolicy">): { policy: Policy | undefined; problem?: string } {
  return { policy: knownPolicy };
}

function describeMode(mode: ProcessorsMode): string {
  return mode.mode === "auto" ? "automatic" : `by hand, ${describe(mode)}`;
}
