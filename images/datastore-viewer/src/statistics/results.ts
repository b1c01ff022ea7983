import { jetstreamManager, type CompletionResult, type DirectBatchOptions, type StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { ResultPage, StoredResult } from "@inaetics/model";
import { parseJson, RESULTS, resultSchema } from "@inaetics/samples";
import { unavailable } from "@inaetics/service";
import { withTimeout, messageWithCause } from "@inaetics/base";

/** Range of results: stored from `from` to `to` (ms since 1970, both included), after the number `after`. */
export interface ResultQuery {
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly after: number;
  readonly limit: number;
}

const TIMEOUT_MS = 2000;
/** Largest size of a page in bytes. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Number of pages read at once. A page of the largest size keeps the viewer busy for 0.2 s. */
const MOST_AT_ONCE = 2;

/** Reads the data store by time and number. A page costs the broker one request and leaves nothing behind there. */
export class ResultReader {
  private running = 0;

  constructor(private readonly connected: () => NatsConnection) {}

  /** Throws 503 when the data store does not answer in time, or too many requests run at once. */
  async page(query: ResultQuery): Promise<ResultPage> {
    if (this.running >= MOST_AT_ONCE)
      throw unavailable(`already ${MOST_AT_ONCE} questions for results; ask again later`);
    this.running++;
    try {
      return await withTimeout(this.read(query), TIMEOUT_MS);
    } catch (error) {
      throw unavailable(`the data store cannot be read: ${messageWithCause(error)}; ask again later`);
    } finally {
      this.running--;
    }
  }

  private async read({ from, to, after, limit }: ResultQuery): Promise<ResultPage> {
    // Numbers grow with time. A next page starts after the last number; any other request starts at the time asked for.
    const start = after > 0 || from === undefined ? { seq: after + 1 } : { start_time: new Date(from) };
    const batch = await this.batch({ ...start, batch: limit, max_bytes: MOST_BYTES });
    const within = batch.filter(({ time }) => to === undefined || time.getTime() <= to);
    const results = within.flatMap((stored) =>
      from !== undefined && stored.time.getTime() < from ? [] : resultOf(stored),
    );
    const last = within.length < batch.length ? undefined : batch.at(-1);
    return { results, next: last !== undefined && last.pending > 0 ? last.seq : null };
  }

  /** Messages that the broker returns for one request. */
  private async batch(options: DirectBatchOptions): Promise<readonly StoredMsg[]> {
    const manager = await jetstreamManager(this.connected(), { checkAPI: false, timeout: TIMEOUT_MS });
    const found: StoredMsg[] = [];
    return new Promise((resolve, reject) => {
      // Uses a callback, because an iterator leaves its subscription behind.
      const callback = (done: CompletionResult | null, stored: StoredMsg): void => {
        if (done === null) found.push(stored);
        else if (done.err !== undefined && !isNotFound(done.err)) reject(done.err);
        else resolve(found);
      };
      manager.direct.getBatch(RESULTS, { ...options, callback }).then((request) => {
        setTimeout(() => request.stop(), TIMEOUT_MS).unref();
      }, reject);
    });
  }
}

/** True when nothing is stored at or after the requested place. */
function isNotFound(error: Error): boolean {
  return "code" in error && error.code === 404;
}

/** Returns nothing for a message that is no result, such as a stranger's on the subject. */
function resultOf(stored: StoredMsg): readonly StoredResult[] {
  const result = parseJson(resultSchema, stored.data);
  return result.ok ? [{ seq: stored.seq, ...result.value }] : [];
}

const columns = [
  "seq",
  "id",
  "sampleTime",
  "storedAt",
  "processor",
  "kind",
  "processingTime",
  "result1",
  "value1",
  "value2",
];

/** RFC 4180, times in ms since 1970. */
export function resultsCsv(results: readonly StoredResult[]): string {
  const rows = results.map(({ sample, ...own }) => {
    const { seq, id, storedAt, processor, kind, processingTime, result1 } = own;
    return [
      seq,
      id,
      sample.sampleTime,
      storedAt,
      processor,
      kind,
      processingTime,
      result1,
      sample.value1,
      sample.value2,
    ];
  });
  return [columns, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
