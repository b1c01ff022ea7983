import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import * as z from "zod/mini";
import {
  parseJson,
  perSecond,
  RATE_WINDOW_MS,
  slideCounter,
  STATISTICS_SUBJECTS,
  statisticSchema,
  statisticsPod,
  type Counted,
  type Statistic,
} from "@inaetics/samples";

/** Time in ms without a report after which an agent counts as gone. */
export const SILENT_MS = 5000;
/** Largest number of agents followed, because a stranger on the subject must not fill the memory. */
const MOST_AGENTS = 100;

/** Report of an agent. Producers add the samples per second that they could make. */
export const reportSchema = z.extend(statisticSchema, { maxRate: z.optional(z.number().check(z.minimum(0))) });
export type Report = Statistic & Readonly<z.infer<typeof reportSchema>>;

/** Last report of an agent and its measured samples per second; null while not known. */
export interface AgentRate {
  readonly pod: string;
  readonly report: Report;
  readonly rate: number | null;
}

interface Followed {
  readonly at: number;
  readonly report: Report;
  readonly window: readonly Counted[];
}

/** Measures the rate of each agent from its reported counters, also across restarts. */
export class AgentRates {
  private readonly agents = new Map<string, Followed>();

  /**
   * Adds a report; `at` is its arrival time (ms since 1970). A counter that fell belongs to a new process and starts a
   * new measurement.
   */
  add(pod: string, report: Report, at: number): void {
    // Queue and data store have figures of their own.
    if (report.kind !== "producer" && report.kind !== "processor") return;
    this.forget(at);
    const before = this.agents.get(pod);
    if (before === undefined && this.agents.size >= MOST_AGENTS) return;
    const total = counterOf(report);
    const window = total === undefined ? [] : slideCounter(before?.window ?? [], { at, total }, RATE_WINDOW_MS);
    this.agents.set(pod, { at, report, window });
  }

  /** Agents that report, sorted by pod. */
  list(now: number): readonly AgentRate[] {
    this.forget(now);
    const all = [...this.agents].map(([pod, { report, window }]) => ({ pod, report, rate: rateOf(report, window) }));
    return all.sort((a, b) => (a.pod < b.pod ? -1 : 1));
  }

  private forget(now: number): void {
    for (const [pod, { at }] of this.agents) if (now - at > SILENT_MS) this.agents.delete(pod);
  }
}

function counterOf(report: Report): number | undefined {
  return report.kind === "producer" ? report.accepted : report.processed;
}

/** Uses the reported value of an agent without a counter. */
function rateOf(report: Report, window: readonly Counted[]): number | null {
  if (counterOf(report) === undefined) return report.value;
  const rate = perSecond(window, (each) => each.total);
  return rate === null ? null : Math.round(rate * 100) / 100;
}

/**
 * Measured output of the producers relative to their maximum, in percent. Null without producers, or when a figure of
 * one is not known.
 */
export function utilisation(agents: readonly AgentRate[]): number | null {
  const producers = agents.filter(({ report }) => report.kind === "producer");
  const possible = producers.reduce((sum, { report }) => sum + (report.maxRate ?? NaN), 0);
  const made = producers.reduce((sum, { rate }) => sum + (rate ?? NaN), 0);
  return possible > 0 && !Number.isNaN(made) ? Math.round((10_000 * made) / possible) / 100 : null;
}

/** Follows the reports on the broker. */
export class AgentListener {
  readonly rates = new AgentRates();
  private subscription: Subscription | undefined;

  listen(connection: NatsConnection): void {
    this.stop();
    this.subscription = connection.subscribe(STATISTICS_SUBJECTS, {
      callback: (error, received) => {
        const pod = statisticsPod(received.subject);
        const report = parseJson(reportSchema, received.data);
        if (error === null && pod !== undefined && report.ok) this.rates.add(pod, report.value, Date.now());
      },
    });
  }

  stop(): void {
    this.subscription?.unsubscribe();
    this.subscription = undefined;
  }
}
