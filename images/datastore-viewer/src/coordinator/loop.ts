import {
  decide,
  emptyPast,
  remember,
  total,
  type Current,
  type Decision,
  type Kinds,
  type Metric,
  type Observation,
  type Past,
  type Policy,
} from "@inaetics/autoscaling";
import type { ClusterEvent, ProcessorsMode, StoredEvent } from "@inaetics/samples";
import { message, type Log } from "@inaetics/base";
import { describe, sameKinds, type Replicas } from "./replicas";
import type { PolicyReading } from "./settings";
import { metricOf, Watch } from "./watch";

/** The newest decision, as pages show it. */
export interface ShownDecision extends Pick<Decision, "processors" | "kinds" | "action" | "rule" | "reason"> {
  readonly at: number;
  readonly recommended: number | null;
  readonly by: string;
}

/** Part of the past that a successor needs. */
export type Legacy = Omit<Past, "observations">;

export interface LoopParts {
  readonly me: string;
  /** True when this instance may act at this moment. */
  readonly leading: () => boolean;
  readonly readMetric: () => Promise<Metric>;
  readonly readPolicy: () => Promise<PolicyReading>;
  readonly replicas: Pick<Replicas, "read" | "scale" | "tell">;
  /** Returns the processor mode; undefined when it is not known now. */
  readonly readMode: () => Promise<ProcessorsMode | undefined>;
  readonly record: (event: ClusterEvent) => void;
  /** True when the events that were recorded before are known. */
  readonly caughtUp: () => boolean;
  readonly inherit: () => Promise<Legacy | undefined>;
  readonly bequeath: (legacy: Legacy) => Promise<void>;
  readonly log: Log;
}

const FIRST_MS = 1000;
const DEFAULT_INTERVAL_MS = 10_000;
/** Rules of decisions without figures. */
const blindRules: readonly string[] = ["unreadable", "fallback"];

/** True when a decision is worth an event: every change, and every hold whose rule differs from the last one. */
export function isNews(decision: Pick<Decision, "action" | "rule">, before: string | undefined): boolean {
  return decision.action !== "hold" || decision.rule !== before;
}

/**
 * Checks queue, policy and replicas periodically and decides; only the leader acts. Every instance decides, so that it
 * can continue at once where a lost leader stopped.
 */
export class Loop {
  private past: Past = emptyPast;
  private inherited = false;
  private newest: ShownDecision | undefined;
  private readonly watch: Watch;
  private timer: NodeJS.Timeout | undefined;
  private readonly counted = new Map<string, { policy: string; action: string; count: number }>();
  private busy = false;
  private again = false;
  private stopped = false;
  private readonly started = Date.now();
  /** Time at which the last check began (ms since 1970). */
  lastTick = Date.now();

  constructor(private readonly parts: LoopParts) {
    this.watch = new Watch(parts.me, parts.record);
  }

  start(): void {
    this.timer = setTimeout(() => void this.turn(), FIRST_MS);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Checks and decides at once, because this instance leads now or a person changed the mode. */
  hurry(): void {
    this.inherited = false;
    this.again = this.busy;
    if (this.busy || this.stopped) return;
    clearTimeout(this.timer);
    void this.turn();
  }

  /** Last decision of any instance. */
  get decision(): ShownDecision | undefined {
    return this.newest;
  }

  /** Numbers of this instance's decisions as leader, by policy and action. */
  get counts(): readonly { policy: string; action: string; count: number }[] {
    return [...this.counted.values()];
  }

  /** Learns from an event the decision of another instance, or of this one before its restart. */
  learn(event: StoredEvent): void {
    this.watch.learn(event);
    if (event.rule === undefined || event.to === undefined || event.time < (this.newest?.at ?? 0)) return;
    const { time: at, rule, reason, by, from = event.to, to: kinds } = event;
    const [before, processors] = [total(from), total(kinds)];
    const action = processors > before ? "up" : processors < before ? "down" : "hold";
    this.newest = { at, rule, reason, by, processors, kinds, action, recommended: event.recommended ?? null };
  }

  private async turn(): Promise<void> {
    this.busy = true;
    const began = Date.now();
    this.lastTick = began;
    let intervalMs = DEFAULT_INTERVAL_MS;
    try {
      intervalMs = await this.look();
    } catch (error) {
      this.parts.log.error(`coordinator: ${message(error)}`);
    }
    this.busy = false;
    if (this.stopped) return;
    const wait = this.again ? 0 : intervalMs - (Date.now() - began);
    this.again = false;
    this.timer = setTimeout(() => void this.turn(), Math.max(50, wait));
  }

  /** Checks and decides once. Returns the time until the next check in ms. */
  private async look(): Promise<number> {
    const { parts } = this;
    const [observation, current, reading] = await Promise.all([
      this.observe(),
      parts.replicas.read().catch((error: unknown) => message(error)),
      parts.readPolicy(),
      this.inherit(),
    ]);
    const { policy } = reading;
    const intervalMs = policy === undefined ? DEFAULT_INTERVAL_MS : policy.intervalSeconds * 1000;
    const waiting = !parts.caughtUp() && Date.now() - this.started < 10_000;
    if (waiting) return FIRST_MS;
    this.past = remember(this.past, observation);
    this.watch.look(this.past.observations, reading, parts.leading());
    if (policy === undefined) this.blocked(observation.at, "no-policy", reading.problem ?? "no policy is known yet");
    else if (typeof current === "string") this.blocked(observation.at, "replicas-unknown", current);
    else await this.settle(policy, observation, current.processors);
    return intervalMs;
  }

  private async settle(policy: Policy, observation: Observation, current: Current): Promise<void> {
    const { parts } = this;
    // Reads the mode as late as possible, so that a person who takes over now is not overruled.
    const mode = parts.leading() ? await parts.readMode() : undefined;
    const automatic = decide(policy, this.past, current);
    const decision = mode?.mode === "manual" ? byHand(mode, current, automatic) : automatic;
    const requested = total(current.requested);
    let processors = requested;
    if (parts.leading()) {
      if (mode === undefined)
        this.blocked(observation.at, "mode-unknown", "it is not known whether people scale by hand");
      else {
        this.count(policy.policy, decision.action);
        processors = await this.act(decision, observation, current.requested, mode);
      }
    }
    this.past = remember(this.past, observation, { ...automatic, processors });
    if (!parts.leading()) return;
    const { decisions, speed } = this.past;
    await parts.bequeath({ decisions, speed }).catch(() => undefined);
  }

  /** Applies and records a decision. Returns the number of processors requested afterwards. */
  private async act(decision: Decision, look: Observation, from: Kinds, mode: ProcessorsMode): Promise<number> {
    const { parts } = this;
    const { kinds: to, rule, reason, recommended } = decision;
    const before = this.newest?.rule;
    const about = { rule, reason, from, to, recommended, by: parts.me, ...metricOf(look) };
    this.newest = { ...decision, at: look.at, by: parts.me };
    if (!sameKinds(from, to)) {
      const outcome = await parts.replicas.scale("processors", from, to, parts.leading);
      parts.record({ time: Date.now(), source: "coordinator", kind: "scaled", outcome, ...about });
      const told = parts.replicas.tell(from, to, `${reason} (${rule}; ${outcome})`, outcome === "done");
      told.catch((error: unknown) => parts.log.warn(`no Kubernetes Event about it: ${message(error)}`));
      return outcome === "done" ? total(to) : total(from);
    }
    // A change by hand already has an event.
    if (mode.mode === "auto" && isNews(decision, before)) {
      const recovered = blindRules.includes(before ?? "") && !blindRules.includes(rule);
      parts.record({ time: look.at, source: "coordinator", kind: recovered ? "recovered" : "held", ...about });
    }
    return total(from);
  }

  private count(policy: string, action: string): void {
    const key = `${policy} ${action}`;
    const { count } = this.counted.get(key) ?? { count: 0 };
    this.counted.set(key, { policy, action, count: count + 1 });
  }

  /** Handles that no decision is possible: nothing changes, and the leader records it once. */
  private blocked(at: number, rule: string, why: string): void {
    if (!this.parts.leading()) return;
    const { newest } = this;
    const reason = `nothing changes: ${why}`.slice(0, 2000);
    const nothing = { felix: 0, celix: 0 };
    const shown = { processors: newest?.processors ?? 0, kinds: newest?.kinds ?? nothing, recommended: null };
    this.newest = { ...shown, at, action: "hold", rule, reason, by: this.parts.me };
    if (newest?.rule === rule) return;
    this.parts.record({ time: at, source: "coordinator", kind: "held", rule, reason, by: this.parts.me });
  }

  private async observe(): Promise<Observation> {
    try {
      const metric = await this.parts.readMetric();
      return { at: Date.now(), metric };
    } catch (error) {
      return { at: Date.now(), problem: message(error) };
    }
  }

  /** Continues from the state of the previous leader, unless this instance knows more. */
  private async inherit(): Promise<void> {
    if (this.inherited) return;
    try {
      const legacy = await this.parts.inherit();
      if (legacy !== undefined && legacy.decisions.length > this.past.decisions.length) {
        this.past = { ...this.past, ...legacy };
      }
      this.inherited = true;
    } catch {
      // The broker is away, most likely with the queue's figures. The next check tries again.
    }
  }
}

/** Decision of a person, with the policy's recommendation. */
function byHand(to: Kinds, { requested, ready }: Current, automatic: Decision): Decision {
  const [before, processors] = [total(requested), total(to)];
  return {
    processors,
    kinds: { felix: to.felix, celix: to.celix },
    action: processors > before ? "up" : processors < before ? "down" : "hold",
    rule: "manual",
    reason: `set by hand to ${describe(to)}`,
    recommended: automatic.recommended,
    ready: total(ready),
  };
}
