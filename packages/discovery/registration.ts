import { EtcdLeaseInvalidError, type Etcd3 } from "etcd3";
import type { CallOptions } from "@grpc/grpc-js";
import { messageWithCause, withTimeout, type Log } from "@inaetics/base";
import type { EtcdConnection } from "./connection";
import { keepAlive } from "./lease";

/** Time after which the keys of a process that did not revoke its lease are gone. */
export const LEASE_SECONDS = 15;
const KEEP_ALIVE_MS = 5000;
const LONGEST_RETRY_MS = 5000;
const STOP_MS = 4000;

/**
 * Keeps keys in etcd under a lease while the process lives. Restores keys that others removed or changed. Takes a new
 * lease when the old one is lost, and retries for ever while etcd does not answer. It never throws.
 */
export class Registration {
  private lease: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private failures = 0;
  private problem: string | undefined = "not registered yet";
  private reported: string | undefined;
  private everRegistered = false;

  constructor(
    private readonly connection: EtcdConnection,
    private readonly keys: Readonly<Record<string, string>>,
    private readonly log: Log,
  ) {
    this.begin();
  }

  /** Reason why the keys may not be in etcd now. Undefined when they are there. */
  get missing(): string | undefined {
    return this.problem;
  }

  /** Returns for /readyz why no process can have found this one yet. Undefined after the first registration. */
  unready(): string | undefined {
    return this.everRegistered ? undefined : `not in discovery: ${this.problem ?? ""}`;
  }

  /** Stops and revokes the lease, so that the keys vanish at once. They expire when etcd cannot be reached. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.problem = "stopped";
    try {
      await withTimeout(this.revoke(), STOP_MS);
    } catch (error) {
      this.log.warn(
        `discovery: the keys expire within ${LEASE_SECONDS} s, revoking them failed: ${messageWithCause(error)}`,
      );
    }
  }

  private async revoke(): Promise<void> {
    await this.running;
    const lease = this.lease;
    if (lease === undefined) return;
    await this.connection.run((client, options) => client.leaseClient.leaseRevoke({ ID: lease }, options));
  }

  private begin(): void {
    this.running = this.tick();
  }

  private async tick(): Promise<void> {
    const begun = Date.now();
    let wait = KEEP_ALIVE_MS;
    try {
      await this.connection.run((client, options) => this.keep(client, options));
      this.failures = 0;
      this.everRegistered = true;
      this.report(undefined);
    } catch (error) {
      if (error instanceof EtcdLeaseInvalidError) this.lease = undefined;
      this.failures++;
      wait = Math.min(LONGEST_RETRY_MS, this.failures * 1000);
      this.report(messageWithCause(error));
    }
    if (this.stopped) return;
    this.timer = setTimeout(() => this.begin(), Math.max(100, wait - (Date.now() - begun)));
  }

  private async keep(client: Etcd3, options: CallOptions): Promise<void> {
    if (this.lease !== undefined && (await keepAlive(client, this.lease, options)) <= 0) this.lease = undefined;
    this.lease ??= (await client.leaseClient.leaseGrant({ TTL: LEASE_SECONDS }, options)).ID;
    for (const [key, value] of Object.entries(this.keys)) await this.ensure(client, options, key, value, this.lease);
  }

  private async ensure(client: Etcd3, options: CallOptions, key: string, value: string, lease: string): Promise<void> {
    const { kvs } = await client.kv.range({ key: Buffer.from(key) }, options);
    const found = kvs[0];
    if (found !== undefined && found.lease === lease && found.value.toString() === value) return;
    await client.kv.put({ key: Buffer.from(key), value: Buffer.from(value), lease }, options);
  }

  private report(problem: string | undefined): void {
    if (this.stopped) return;
    this.problem = problem;
    const text = problem === undefined ? "registered" : `not registered: ${problem}; trying again`;
    if (text === this.reported) return;
    this.reported = text;
    const where = `discovery (etcd at ${this.connection.access.endpoints.join(", ")})`;
    if (problem === undefined) this.log.info(`${where}: ${text}`);
    else this.log.warn(`${where}: ${text}`);
  }
}
