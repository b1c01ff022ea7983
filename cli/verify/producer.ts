import { setTimeout as sleep } from "node:timers/promises";
import { jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { sampleSubject, type Sample } from "@inaetics/samples";
import type { Ledger } from "./ledger";

/** Most puts without an answer, as of the agents. */
const WINDOW = 256;
const TICK_MS = 20;
const ANSWER_MS = 2000;
const RETRY_MS = 100;

/**
 * Puts samples at a steady rate, each until the broker accepts or refuses it. Records each step in a ledger. Like the
 * agents, it holds back new samples while too many have no answer.
 */
export class LedgerProducer {
  private next = 0;
  private readonly pending = new Set<Promise<void>>();
  private stopping = false;
  private giveUpAt = Infinity;
  private readonly pacing: Promise<void>;

  /** @param perSecond samples per second */
  constructor(
    private readonly connection: NatsConnection,
    private readonly ledger: Ledger,
    private readonly perSecond: number,
  ) {
    this.pacing = this.pace();
  }

  /** True while puts have no answer. */
  get isWaiting(): boolean {
    return this.pending.size > 0;
  }

  /** Puts no further samples. Returns when each has an answer, or after `patienceMs` without one. */
  async stop(patienceMs: number): Promise<void> {
    this.stopping = true;
    this.giveUpAt = Date.now() + patienceMs;
    await this.pacing;
    await Promise.all(this.pending);
  }

  private async pace(): Promise<void> {
    const started = Date.now();
    let due = 0;
    while (!this.stopping) {
      const wanted = ((Date.now() - started) / 1000) * this.perSecond;
      // Samples that were held back are not made up for: the rate after a fault would overload the queue.
      due = Math.max(due, wanted - this.perSecond);
      for (; due < wanted && this.pending.size < WINDOW; due++) this.start();
      await sleep(TICK_MS);
    }
  }

  private start(): void {
    const put = this.put(this.ledger.id(this.next++)).finally(() => this.pending.delete(put));
    this.pending.add(put);
  }

  private async put(id: string): Promise<void> {
    const sample: Sample = { id, sampleTime: Date.now(), value1: 1, value2: 2 };
    const client = jetstream(this.connection);
    while (Date.now() < this.giveUpAt) {
      this.ledger.put(id, Date.now());
      try {
        const options = { msgID: id, timeout: ANSWER_MS };
        await client.publish(sampleSubject(this.ledger.producer), JSON.stringify(sample), options);
        this.ledger.acknowledged(id, Date.now());
        return;
      } catch (error) {
        if (/maximum messages exceeded/.test(String(error))) {
          this.ledger.refused(id, Date.now());
          return;
        }
      }
      await sleep(RETRY_MS);
    }
  }
}
