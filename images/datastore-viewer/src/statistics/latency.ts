import * as z from "zod/mini";
import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import type { Percentiles } from "@inaetics/model";
import { parseJson, RESULT_SUBJECTS } from "@inaetics/samples";

/** Time span in ms that the percentiles cover. */
const WINDOW_MS = 10_000;
/** Largest number of results per turn. With it, thousands of results a second cost no more than 200. */
const PER_TURN = 50;
const TURN_MS = 250;
const MOST = (PER_TURN * WINDOW_MS) / TURN_MS;

const resultSchema = z.object({ storedAt: z.number(), sample: z.object({ sampleTime: z.number() }) });

/** The latencies of the last `WINDOW_MS`, at most `MOST` of them. */
export class Latencies {
  private readonly values = new Float64Array(MOST);
  private readonly moments = new Float64Array(MOST).fill(-Infinity);
  private next = 0;

  /** Adds a latency. The clocks of two boxes may differ, so a negative latency counts as 0. */
  add(at: number, milliseconds: number): void {
    this.values[this.next] = Math.max(0, milliseconds);
    this.moments[this.next] = at;
    this.next = (this.next + 1) % MOST;
  }

  percentiles(now: number): Percentiles {
    const recent = this.values.filter((_, index) => now - (this.moments[index] ?? 0) <= WINDOW_MS).sort();
    // The smallest value that at least this share of all does not exceed.
    const at = (share: number): number | null => recent[Math.max(0, Math.ceil(share * recent.length) - 1)] ?? null;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }
}

/** The latency in a result's JSON; undefined when it is none. */
export function latencyOf(payload: Uint8Array): number | undefined {
  const result = parseJson(resultSchema, payload);
  return result.ok ? result.value.storedAt - result.value.sample.sampleTime : undefined;
}

/**
 * Observes a bounded part of the results as they are stored. The broker itself ends each subscription after `PER_TURN`
 * messages; the next turn subscribes again. Turns are short, so that the observed results spread over each second.
 */
export class LatencyListener {
  readonly latencies = new Latencies();
  private subscription: Subscription | undefined;
  private timer: NodeJS.Timeout | undefined;

  listen(connection: NatsConnection): void {
    this.stop();
    this.subscribe(connection);
    this.timer = setInterval(() => this.subscribe(connection), TURN_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.subscription?.unsubscribe();
    this.subscription = undefined;
  }

  private subscribe(connection: NatsConnection): void {
    if (connection.isClosed() || this.subscription?.isClosed() === false) return;
    this.subscription = connection.subscribe(RESULT_SUBJECTS, {
      max: PER_TURN,
      callback: (error, received) => {
        const latency = error === null ? latencyOf(received.data) : undefined;
        if (latency !== undefined) this.latencies.add(Date.now(), latency);
      },
    });
  }
}
