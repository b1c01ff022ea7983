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

/** An agent that has said nothing for so long is gone. */
export const SILENT_MS = 5000;
/** Agents beyond this many are not followed: a stranger on the subject must not fill the memory. */
const MOST_AGENTS = 100;

/** Producers also say how many samples per second they could make. */
export const reportSchema = z.extend(statisticSchema, { maxRate: z.optional(z.number().check(z.minimum(0))) });
export type Report = Statistic & Readonly<z.infer<typeof reportSchema>>;

/** What an agent last said and what it measurably does: samples per second, null while that is not known. */
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

/** Measures what each agent does by the counters that it reports, however often it starts again. */
export class AgentRates {
  private readonly agents = new Map<string, Followed>();

  /** Takes a report; `at` is when it came (ms since 1970). A counter that went back is one of a new process: measured anew. */
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

  /** The agents that are heard of, by pod. */
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

/** An agent without a counter is believed. */
function rateOf(report: Report, window: readonly Counted[]): number | null {
  if (counterOf(report) === undefined) return report.value;
  const rate = perSecond(window, (each) => each.total);
  return rate === null ? null : Math.round(rate * 100) / 100;
}

/** What producers measurably make of what they could, in percent; null when that is not known of each of them, or there are none. */
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
