import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { PROCESSORS, SAMPLES } from "@inaetics/samples";
import { Poller } from "@inaetics/service";

const INTERVAL_MS = 2000;
const TIMEOUT_MS = 3000;
const FRESH_MS = 10_000;

/** What the queue's consumer has delivered: deliveries in all, and how far it got in the stream. */
export interface Deliveries {
  /** When the consumer was made; another one counts anew. */
  readonly consumer: string;
  readonly deliveries: number;
  readonly reached: number;
}

/** Redeliveries so far, with what they were counted by. */
export interface Counting {
  readonly total: number;
  readonly last: Deliveries;
}

/**
 * Every sample is delivered once in the stream's order, so whatever was delivered beyond the consumer's place in the stream
 * was delivered again. A consumer made anew starts behind samples that are gone: only what it adds is counted.
 */
export function countRedeliveries(before: Counting | undefined, now: Deliveries): Counting {
  const extra = now.deliveries - now.reached;
  if (before === undefined) return { total: Math.max(0, extra), last: now };
  if (before.last.consumer !== now.consumer) return { total: before.total, last: now };
  const added = extra - (before.last.deliveries - before.last.reached);
  return { total: before.total + Math.max(0, added), last: now };
}

/** Asks the broker how often it delivered samples again. */
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

  /** Null while the broker does not say. */
  total(now: number): number | null {
    return this.poller.fresh(FRESH_MS, now) === undefined ? null : (this.counting?.total ?? null);
  }
}
