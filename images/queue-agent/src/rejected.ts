import { Kvm, type KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import {
  COUNTERS,
  NO_REJECTIONS,
  REJECTED_KEY,
  STATISTICS_SUBJECTS,
  countRejections,
  parseJson,
  rejectionStateSchema,
  statisticSchema,
  statisticsPod,
  type RejectionState,
} from "@inaetics/samples";
import type { Log } from "@inaetics/base";

/**
 * Counts the producers' refused samples, from their statistics, and keeps the count in the broker. After a restart of
 * this agent it continues where it was. Two agents at once (one replacing the other) do not count anything twice.
 */
export class RejectedCounter {
  /** Contents of the bucket. Undefined until it was read. */
  private stored: RejectionState | undefined;
  private revision = 0;
  private known: number | null = null;
  /** Each producer's last report since the bucket was written. */
  private readonly reports = new Map<string, { readonly count: number; readonly at: number }>();
  private complaint: string | undefined;

  constructor(
    private readonly connection: NatsConnection,
    private readonly log: Log,
  ) {}

  /** Refused samples in all; null until the bucket was read. */
  get total(): number | null {
    if (this.stored !== undefined) this.known = this.applied(this.stored).total;
    return this.known;
  }

  /** Starts listening to the producers; the subscription outlives reconnections. */
  listen(): void {
    this.connection.subscribe(STATISTICS_SUBJECTS, {
      callback: (error, received) => {
        const pod = statisticsPod(received.subject);
        if (error !== null || pod === undefined) return;
        const statistic = parseJson(statisticSchema, received.data);
        if (!statistic.ok) this.complain(`statistics of ${pod} cannot be read: ${statistic.problem}`);
        else if (statistic.value.rejected !== undefined) {
          this.reports.set(pod, { count: statistic.value.rejected, at: Date.now() });
        }
      },
    });
  }

  /** Reads the bucket when needed, and writes the reports since then. Throws when the broker does not answer. */
  async save(): Promise<void> {
    const bucket = await new Kvm(this.connection).open(COUNTERS);
    if (this.stored === undefined) await this.load(bucket);
    const before = this.stored ?? NO_REJECTIONS;
    const reported = new Map(this.reports);
    const after = this.applied(before);
    if (differs(before, after)) {
      try {
        this.revision = await bucket.put(REJECTED_KEY, JSON.stringify(after), { previousSeq: this.revision });
      } catch (error) {
        // Another agent wrote. The next save reads its state first, and applies our reports to it.
        this.stored = undefined;
        throw error;
      }
    }
    this.stored = after;
    for (const [pod, report] of reported) if (this.reports.get(pod) === report) this.reports.delete(pod);
  }

  private async load(bucket: KV): Promise<void> {
    const entry = await bucket.get(REJECTED_KEY);
    this.revision = entry?.revision ?? 0;
    this.stored = NO_REJECTIONS;
    if (entry === null || entry.operation !== "PUT") return;
    const state = parseJson(rejectionStateSchema, entry.string());
    if (state.ok) this.stored = state.value;
    else this.log.error(`the stored count of refused samples cannot be read, counting from 0: ${state.problem}`);
  }

  private applied(state: RejectionState): RejectionState {
    let result = state;
    for (const [pod, { count, at }] of this.reports) result = countRejections(result, pod, count, at);
    return result;
  }

  private complain(text: string): void {
    if (text === this.complaint) return;
    this.complaint = text;
    this.log.warn(text);
  }
}

/** True when a pod's count differs. A restarted pod counts from 0 without changing the total; that is stored too. */
function differs(before: RejectionState, after: RejectionState): boolean {
  return Object.entries(after.pods).some(([pod, { count }]) => before.pods[pod]?.count !== count);
}
