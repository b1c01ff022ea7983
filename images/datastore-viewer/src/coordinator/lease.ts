import { KubernetesError, Poller } from "@inaetics/service";
import { messageWithCause, type Log } from "@inaetics/base";
import { COORDINATOR_LEASE } from "@inaetics/model";

/** Lease as the API server keeps it. An empty holder: it was released. No version: it does not exist yet. */
export interface LeaseRecord {
  readonly holder: string;
  readonly durationMs: number;
  readonly transitions: number;
  /** Time at which the holder acquired it, as the API's text. */
  readonly acquired: string;
  readonly version: string | undefined;
}

/**
 * Record and the time of its first observation, by the local monotonic clock in ms. Clocks of instances are never
 * compared.
 */
export interface ObservedRecord {
  readonly record: LeaseRecord | undefined;
  readonly since: number;
}

export const DURATION_MS = 8000;
export const RENEW_MS = 2000;
/** Time in ms that the holder stops before others may take the lease. It is longer than any request (`REQUEST_MS`). */
export const MARGIN_MS = 3000;
const POLL_MS = 1000;
const REQUEST_MS = 1500;

/** Updates the observation. An unchanged record keeps the time of its first observation. */
export function observeRecord(
  before: ObservedRecord | undefined,
  record: LeaseRecord | undefined,
  now: number,
): ObservedRecord {
  return before !== undefined && before.record?.version === record?.version ? before : { record, since: now };
}

/**
 * True when `me` may write itself into the lease: it is free, `me` holds it, or its holder did not renew it in time.
 */
export function mayWrite({ record, since }: ObservedRecord, me: string, now: number): boolean {
  if (record === undefined || record.holder === "" || record.holder === me) return true;
  return now - since > Math.max(record.durationMs, DURATION_MS);
}

/**
 * True when an instance whose last successful write began at `renewed` may act. No other instance can have taken the
 * lease since.
 */
export function mayAct(renewed: number | undefined, now: number): boolean {
  return renewed !== undefined && now - renewed < DURATION_MS - MARGIN_MS;
}

/** The record that `me` writes. */
export function claim(record: LeaseRecord | undefined, me: string): LeaseRecord {
  if (record?.holder === me) return { ...record, durationMs: DURATION_MS };
  return {
    holder: me,
    durationMs: DURATION_MS,
    transitions: record === undefined ? 0 : record.transitions + 1,
    acquired: microTime(),
    version: record?.version,
  };
}

/** Current time in the API's format for leases, with microseconds. */
export function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}

/** Store of the lease. A write rejects with a `KubernetesError` 409 when another instance was faster. */
export interface LeaseStore {
  lease(name: string, timeoutMs: number): Promise<LeaseRecord | undefined>;
  writeLease(name: string, record: LeaseRecord, timeoutMs: number): Promise<LeaseRecord>;
}

/** Keeps one instance of many the leader, by a lease in the API server. */
export class Leadership {
  private observed: ObservedRecord | undefined;
  private renewed: number | undefined;
  private wasLeading = false;
  private stopped = false;
  private readonly poller: Poller<void>;

  constructor(
    private readonly store: LeaseStore,
    private readonly me: string,
    /** Called when this instance acquired the lease or regained it after a loss; `before` held it last. */
    private readonly onGain: (before: string) => void,
    private readonly log: Log,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.poller = new Poller<void>({
      read: () => this.acquireOrRenew(),
      intervalMs: POLL_MS,
      timeoutMs: 2 * REQUEST_MS + 500,
      onChange: (error) => log.info(error === undefined ? "lease: known" : `lease: unknown: ${error}`),
    });
  }

  start(): void {
    this.poller.start();
  }

  /** Releases the lease, so that another instance need not wait for its expiry. */
  async stop(): Promise<void> {
    this.poller.stop();
    this.stopped = true;
    const record = this.observed?.record;
    this.renewed = undefined;
    if (record === undefined || record.holder !== this.me) return;
    await this.store.writeLease(COORDINATOR_LEASE, { ...record, holder: "" }, REQUEST_MS);
  }

  /** True when this instance may act at this moment. Check it again before each step. */
  get leading(): boolean {
    return mayAct(this.renewed, this.clock());
  }

  /** Holder of the lease, as far as it is known. */
  get holder(): string | undefined {
    const holder = this.observed?.record?.holder;
    return holder === "" ? undefined : holder;
  }

  private async acquireOrRenew(): Promise<void> {
    if (this.wasLeading && !this.leading) this.lose("it was not renewed in time");
    const began = this.clock();
    if (this.leading && this.renewed !== undefined && began - this.renewed < RENEW_MS - POLL_MS / 2) return;
    const record = await this.store.lease(COORDINATOR_LEASE, REQUEST_MS);
    const now = this.clock();
    this.observed = observeRecord(this.observed, record, now);
    if (mayWrite(this.observed, this.me, now)) await this.write(record, now);
    else this.lose(`${record?.holder ?? "no instance"} holds it`);
  }

  private async write(record: LeaseRecord | undefined, began: number): Promise<void> {
    try {
      const written = await this.store.writeLease(COORDINATOR_LEASE, claim(record, this.me), REQUEST_MS);
      this.observed = { record: written, since: this.clock() };
      // An answer that arrives after the lease was released must not make this instance lead again.
      this.renewed = this.stopped ? undefined : began;
    } catch (error) {
      // The faster instance is seen at the next poll. Any other failure does not show who holds the lease.
      if (!(error instanceof KubernetesError && error.status === 409)) throw error;
      this.lose(messageWithCause(error));
      return;
    }
    if (this.wasLeading || !this.leading) return;
    this.wasLeading = true;
    this.log.info(`coordinating from now on`);
    this.onGain(record?.holder ?? "");
  }

  private lose(reason: string): void {
    this.renewed = undefined;
    if (this.wasLeading) this.log.warn(`not coordinating any more: ${reason}`);
    this.wasLeading = false;
  }
}
