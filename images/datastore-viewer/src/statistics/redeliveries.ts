import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { PROCESSORS, SAMPLES } from "@inaetics/samples";
import { Poller } from "@inaetics/service";

const INTERVAL_MS = 2000;
const TIMEOUT_MS = 3000;
const FRESH_MS = 10_000;

/** Deliveries of the queue's consumer: their number, and the stream position that it reached. */
export interface Deliveries {
  /** Creation time of the consumer; another one counts from 0 again. */
  readonly consumer: string;
  readonly deliveries: number;
  readonly reached: number;
}

/** Number of redeliveries so far, with the reading it was computed from. */
export interface Counting {
  readonly total: number;
  readonly last: Deliveries;
}

/**
 * Counts redeliveries. The consumer delivers each sample once in stream order, so every delivery beyond its stream
 * position is a redelivery. A consumer that was created again starts behind deleted samples: only its increase counts.
 */
export function countRedeliveries(before: Counting | undefined, now: Deliveries): Counting {
  const extra = now.deliveries - now.reached;
  if (before === undefined) return { total: Math.max(0, extra), last: now };
  if (before.last.consumer !== now.consumer) return { total: before.total, last: now };
  const added = extra - (before.last.deliveries - before.last.reached);
  return { total: before.total + Math.max(0, added), last: now };
}

/** Polls the broker for the number of redelivered samples. */
export class Redeliveries {
  private counting: Counting | undefined;
  private readonly poller: Poller<Deliveries>;

  constructor(connected: () => NatsConnection) {
    this.poller = new Poller({
      intervalMs: INTERVAL_MS,
      timeoutMs: TIMEOUT_MS,
      read: async () => {
        const manager = await jetstreamManager(connected(), { checkAPI: false, timeout: TIMEOUT_MS });
        const { created, delivered } = await manager.consumers.info(SAMPLES, PROCESSORS);
        return { consumer: created, deliveries: delivered.consumer_seq, reached: delivered.stream_seq };
      },
      onValue: (now) => (this.counting = countRedeliveries(this.counting, now)),
    });
  }

  start(): void {
    this.poller.start();
  }

  stop(): void {
    this.poller.stop();
  }

  /** Null while the broker does not answer. */
  total(now: number): number | null {
    return this.poller.fresh(FRESH_MS, now) === undefined ? null : (this.counting?.total ?? null);
  }
}
