import {
  decide,
  emptyHistory,
  extendHistory,
  total,
  type Current,
  type Decision,
  type History,
  type Kinds,
  type Metric,
  type Observation,
  type Policy,
} from "@inaetics/autoscaling";
import { messageWithCause, type Log } from "@inaetics/base";
import type { ShownDecision, StoredEvent } from "@inaetics/model";
import type { ClusterEvent, ProcessorsMode } from "@inaetics/samples";
import { Conditions, metricOf } from "./conditions";
import type { HandoverState } from "./handover";
import { describe, sameKinds, type Replicas } from "./replicas";
import type { PolicyReading } from "./settings";

export interface LoopParts {
  readonly me: string;
  /** True when this instance may act at this moment. */
  readonly leading: () => boolean;
  readonly readMetric: () => Promise<Metric>;
  readonly readPolicy: () => Promise<PolicyReading>;
  readonly replicas: Pick<Replicas, "read" | "scale" | "recordEvents">;
  /** Returns the processor mode; undefined when it is not known now. */
  readonly readMode: () => Promise<ProcessorsMode | undefined>;
  readonly record: (event: ClusterEvent) => void;
  /** True when the events that were recorded before are known. */
  readonly caughtUp: () => boolean;
  /** Reads the state that the previous leader left; undefined when none exists. */
  readonly readHandover: () => Promise<HandoverState | undefined>;
  readonly writeHandover: (state: HandoverState) => Promise<void>;
  readonly log: Log;
}

const FIRST_MS = 1000;
const DEFAULT_INTERVAL_MS = 10_000;
/** Rules of decisions without figures. */
const blindRules: readonly string[] = ["unreadable", "fallback"];

/** True when a decision is an event: every change, and every hold whose rule differs from the last one. */
function isEvent(decision: Pick<Decision, "action" | "rule">, before: string | undefined): boolean {
  return decision.action !== "hold" || decision.rule !== before;
}

/**
 * Polls queue, policy and replicas periodically and decides; only the leader acts. Every instance decides, so that it
 * can continue at once where a lost leader stopped.
 */
export class Loop {
  private history: History = emptyHistory;
  private handoverRead = false;
  private newest: ShownDecision | undefined;
  private readonly conditions: Conditions;
  private timer: NodeJS.Timeout | undefined;
  private readonly counted = new Map<string, { policy: string; action: string; count: number }>();
  private busy = false;
  private again = false;
  private stopped = false;
  private readonly started = Date.now();
  /** Time at which the last evaluation began (ms since 1970). */
  lastTick = Date.now();

  constructor(private readonly parts: LoopParts) {
    this.conditions = new Conditions(parts.me, parts.record);
  }

  start(): void {
    this.timer = setTimeout(() => void this.run(), FIRST_MS);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Evaluates at once, because this instance leads now or a person changed the mode. */
  evaluateNow(): void {
    this.handoverRead = false;
    this.again = this.busy;
    if (this.busy || this.stopped) return;
    clearTimeout(this.timer);
    void this.run();
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
    this.conditions.learn(event);
    if (event.rule === undefined || event.to === undefined || event.time < (this.newest?.at ?? 0)) return;
    const { time: at, rule, reason, by, from = event.to, to: kinds } = event;
    const [before, processors] = [total(from), total(kinds)];
    const action = processors > before ? "up" : processors < before ? "down" : "hold";
    this.newest = { at, rule, reason, by, processors, kinds, action, recommended: event.recommended ?? null };
  }

  private async run(): Promise<void> {
    this.busy = true;
    const began = Date.now();
    this.lastTick = began;
    let intervalMs = DEFAULT_INTERVAL_MS;
    try {
      intervalMs = await this.evaluate();
    } catch (error) {
      this.parts.log.error(`coordinator: ${messageWithCause(error)}`);
    }
    this.busy = false;
    if (this.stopped) return;
    const wait = this.again ? 0 : intervalMs - (Date.now() - began);
    this.again = false;
    this.timer = setTimeout(() => void this.run(), Math.max(50, wait));
  }

  /** Polls and decides once. Returns the time until the next evaluation in ms. */
  private async evaluate(): Promise<number> {
    const { parts } = this;
    const [observation, current, reading] = await Promise.all([
      this.observe(),
      parts.replicas.read().catch((error: unknown) => messageWithCause(error)),
      parts.readPolicy(),
      this.takeOver(),
    ]);
    const { policy } = reading;
    const intervalMs = policy === undefined ? DEFAULT_INTERVAL_MS : policy.intervalSeconds * 1000;
    const waiting = !parts.caughtUp() && Date.now() - this.started < 10_000;
    if (waiting) return FIRST_MS;
    this.history = extendHistory(this.history, observation);
    this.conditions.evaluate(this.history.observations, reading, parts.leading());
    if (policy === undefined) this.blocked(observation.at, "no-policy", reading.problem ?? "no policy is known yet");
    else if (typeof current === "string") this.blocked(observation.at, "replicas-unknown", current);
    else await this.apply(policy, observation, current.processors);
    return intervalMs;
  }

  private async apply(policy: Policy, observation: Observation, current: Current): Promise<void> {
    const { parts } = this;
    // Reads the mode as late as possible, so that a person who takes over now is not overruled.
    const mode = parts.leading() ? await parts.readMode() : undefined;
    const automatic = decide(policy, this.history, current);
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
    this.history = extendHistory(this.history, observation, { ...automatic, processors });
    if (!parts.leading()) return;
    const { decisions, speed } = this.history;
    await parts.writeHandover({ decisions, speed }).catch(() => undefined);
  }

  /** Applies and records a decision. Returns the number of processors requested afterwards. */
  private async act(decision: Decision, observation: Observation, from: Kinds, mode: ProcessorsMode): Promise<number> {
    const { parts } = this;
    const { kinds: to, rule, reason, recommended } = decision;
    const before = this.newest?.rule;
    const about = { rule, reason, from, to, recommended, by: parts.me, ...metricOf(observation) };
    this.newest = { ...decision, at: observation.at, by: parts.me };
    if (!sameKinds(from, to)) {
      const outcome = await parts.replicas.scale("processors", from, to, parts.leading);
      parts.record({ time: Date.now(), source: "coordinator", kind: "scaled", outcome, ...about });
      const recorded = parts.replicas.recordEvents(from, to, `${reason} (${rule}; ${outcome})`, outcome === "done");
      recorded.catch((error: unknown) => parts.log.warn(`no Kubernetes Event about it: ${messageWithCause(error)}`));
      return outcome === "done" ? total(to) : total(from);
    }
    // A change by hand already has an event.
    if (mode.mode === "auto" && isEvent(decision, before)) {
      const recovered = blindRules.includes(before ?? "") && !blindRules.includes(rule);
      parts.record({ time: observation.at, source: "coordinator", kind: recovered ? "recovered" : "held", ...about });
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
      return { at: Date.now(), problem: messageWithCause(error) };
    }
  }

  /** Continues from the state of the previous leader, unless this instance knows more. */
  private async takeOver(): Promise<void> {
    if (this.handoverRead) return;
    try {
      const state = await this.parts.readHandover();
      if (state !== undefined && state.decisions.length > this.history.decisions.length) {
        this.history = { ...this.history, ...state };
      }
      this.handoverRead = true;
    } catch {
      // The broker is away, most likely with the queue's figures. The next evaluation tries again.
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
