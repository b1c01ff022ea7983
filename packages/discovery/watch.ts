import { castGrpcError, Range, type Etcd3, type IWatchResponse } from "etcd3";
import { messageWithCause, type Log, sleep } from "@inaetics/base";
import type { EtcdConnection } from "./connection";
import type { Entries } from "./resolve";

const RETRY_MS = 1000;
/** A watch that etcd has not confirmed after this long has failed. */
const CONFIRM_MS = 5000;

/** Changes since the revision that the watch knows are no longer available. */
class HistoryLost extends Error {}

/** Reads all keys below a prefix, and the revision of that state. Rejects when etcd does not answer. */
export async function readEntries(
  connection: EtcdConnection,
  prefix: string,
): Promise<{ readonly entries: Entries; readonly revision: bigint }> {
  const { start, end } = Range.prefix(prefix);
  const { kvs, header } = await connection.run((client, options) =>
    client.kv.range({ key: start, range_end: end }, options),
  );
  const entries = new Map(kvs.map((each) => [each.key.toString(), each.value.toString()]));
  return { entries, revision: BigInt(header.revision) };
}

/**
 * Follows the keys below a prefix: reads them first, then takes every change. After a loss of the connection it
 * continues from its revision. It reads all keys again when etcd no longer has the changes since then. The known state
 * stays available meanwhile. It never throws. `onChange` must not throw either; its errors are logged.
 */
export class EntriesWatch {
  private known: Entries | undefined;
  private revision: bigint | undefined;
  private stopped = false;
  private cancel: () => void = () => undefined;
  private reported: string | undefined;

  constructor(
    private readonly connection: EtcdConnection,
    readonly prefix: string,
    private readonly onChange: (entries: Entries) => void,
    private readonly log: Log,
  ) {
    void this.run();
  }

  /** The last known state; undefined until the first read. */
  get entries(): Entries | undefined {
    return this.known;
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        if (this.revision === undefined) await this.read();
        await this.connection.run((client) => this.follow(client));
      } catch (error) {
        if (error instanceof HistoryLost) this.revision = undefined;
        else this.report(messageWithCause(error));
      }
      await sleep(this.revision === undefined ? 50 : RETRY_MS);
    }
  }

  private async read(): Promise<void> {
    const { entries, revision } = await readEntries(this.connection, this.prefix);
    this.revision = revision;
    this.set(entries);
  }

  /** Applies every change until the stream ends. Always rejects, with the reason. */
  private async follow(client: Etcd3): Promise<never> {
    const { start, end } = Range.prefix(this.prefix);
    const next = (this.revision ?? 0n) + 1n;
    const stream = await client.watchClient.watch();
    return new Promise((_, reject) => {
      const failed = (reason: Error): void => {
        clearTimeout(unconfirmed);
        reject(reason);
      };
      const unconfirmed = setTimeout(() => {
        failed(new Error(`etcd did not confirm the watch within ${CONFIRM_MS / 1000} s`));
        stream.cancel();
      }, CONFIRM_MS);
      // The listeners stay, because an error event without a listener would end the process.
      stream.on("error", (error) => failed(castGrpcError(error)));
      stream.on("end", () => failed(new Error("etcd ended the watch")));
      stream.on("data", (answer) => {
        clearTimeout(unconfirmed);
        const problem = this.take(answer);
        if (problem === undefined) return;
        failed(problem);
        stream.cancel();
      });
      this.cancel = () => stream.cancel();
      if (this.stopped) stream.cancel();
      else stream.write({ create_request: { key: start, range_end: end, start_revision: next.toString() } });
    });
  }

  /** Applies an answer. Returns why the watch cannot continue after it; undefined when it can. */
  private take(answer: IWatchResponse): Error | undefined {
    const compacted = BigInt(answer.compact_revision) > 0n;
    const revision = BigInt(answer.header.revision);
    // A newly set up etcd counts from the start. The changes that this watch waits for would come much later, or never.
    if (compacted || (answer.created && revision < (this.revision ?? 0n))) return new HistoryLost();
    if (answer.canceled) return new Error(`etcd cancelled the watch: ${answer.cancel_reason}`);
    if (answer.created) this.report(undefined);
    if (answer.events.length > 0) {
      const entries = new Map(this.known);
      for (const { type, kv } of answer.events) {
        if (type === "Delete") entries.delete(kv.key.toString());
        else entries.set(kv.key.toString(), kv.value.toString());
      }
      this.set(entries);
    }
    this.revision = upTo(answer, this.revision ?? 0n);
    return undefined;
  }

  private set(entries: Entries): void {
    const before = this.known;
    this.known = entries;
    if (this.stopped || (before !== undefined && same(before, entries))) return;
    try {
      this.onChange(entries);
    } catch (error) {
      this.log.error(`discovery: what is below ${this.prefix} could not be taken up: ${messageWithCause(error)}`);
    }
  }

  private report(problem: string | undefined): void {
    if (this.stopped) return;
    const text = problem === undefined ? `${this.prefix} is watched` : `${this.prefix} is not watched: ${problem}`;
    if (text === this.reported) return;
    this.reported = text;
    if (problem === undefined) this.log.info(`discovery: ${text}`);
    else this.log.warn(`discovery: ${text}; trying again`);
  }
}

/**
 * Returns the revision up to which every change is known after an answer. A confirmation, and changes that come late,
 * have etcd's present revision while changes before it are still on their way.
 */
function upTo({ created, events, header }: IWatchResponse, known: bigint): bigint {
  const reported = created ? [] : events.length > 0 ? events.map(({ kv }) => kv.mod_revision) : [header.revision];
  return reported.map(BigInt).reduce((newest, each) => (each > newest ? each : newest), known);
}

function same(a: Entries, b: Entries): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
