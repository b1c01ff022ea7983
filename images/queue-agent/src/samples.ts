import { jetstream, type JetStreamManager, type StoredMsg } from "@nats-io/jetstream";
import { nanos, type NatsConnection } from "@nats-io/transport-node";
import { parseJson, PROCESSORS, RESULTS, SAMPLE_SUBJECTS, SAMPLES, sampleSchema } from "@inaetics/samples";
import { absentAsUndefined, readStream } from "@inaetics/service";
import type { DeliveryState } from "./overdue";
import { processorsConsumer } from "./plan";
import type { Remedy, Stuck } from "./remedy";

/** Largest difference in ms that is allowed between the clocks of two brokers. */
const CLOCKS_MS = 60_000;
/** Time in ms for reading the headers of a million results on a busy machine. */
const READ_MS = 60_000;

type Found = Pick<Stuck, "seq" | "id" | "putAt">;

/** Reads the queue and its consumer. `delivery` is the consumer's number of its last delivery. */
export async function readDeliveries(
  manager: JetStreamManager,
): Promise<{ readonly state: DeliveryState; readonly delivery: number }> {
  const [stream, consumer] = await Promise.all([
    readStream(manager, SAMPLES),
    manager.consumers.info(SAMPLES, PROCESSORS),
  ]);
  const state: DeliveryState = {
    at: Date.now(),
    made: `${stream.created} ${consumer.created}`,
    first: stream.state.first_seq,
    depth: stream.state.messages,
    accepted: stream.state.last_seq,
    delivered: consumer.delivered.stream_seq,
    asking: consumer.num_waiting,
  };
  return { state, delivery: consumer.delivered.consumer_seq };
}

/** The message of that number; undefined when the queue does not have it. */
export async function sampleAt(manager: JetStreamManager, seq: number): Promise<Found | undefined> {
  return found(await absentAsUndefined(manager.streams.getMessage(SAMPLES, { seq })));
}

/** Messages in the queue from one number to another, at most `most`. */
export async function existing(
  manager: JetStreamManager,
  from: number,
  to: number,
  most: number,
): Promise<readonly Found[]> {
  const list: Found[] = [];
  for (let seq = from; seq <= to && list.length < most;) {
    const query = { seq, next_by_subj: SAMPLE_SUBJECTS };
    const next = found(await absentAsUndefined(manager.streams.getMessage(SAMPLES, query)));
    if (next === undefined || next.seq > to) break;
    list.push(next);
    seq = next.seq + 1;
  }
  return list;
}

/** Ids of these samples of which the data store keeps a result. Reads the results' headers since the oldest sample. */
export async function storedAmong(connection: NatsConnection, samples: readonly Found[]): Promise<ReadonlySet<string>> {
  const wanted = new Set(samples.flatMap(({ id }) => id ?? []));
  const stored = new Set<string>();
  if (wanted.size === 0) return stored;
  const since = new Date(Math.min(...samples.map(({ putAt }) => putAt)) - CLOCKS_MS).toISOString();
  const from = { deliver_policy: "by_start_time", opt_start_time: since, headers_only: true } as const;
  const consumer = await jetstream(connection).consumers.get(RESULTS, from);
  if ((await consumer.info(false)).num_pending === 0) return stored;
  const messages = await consumer.consume({ max_messages: 1000, idle_heartbeat: 2000 });
  const late = setTimeout(() => void messages.close(), READ_MS);
  try {
    for await (const message of messages) {
      const id = message.headers?.get("Nats-Msg-Id") ?? "";
      if (wanted.has(id)) stored.add(id);
      if (message.info.pending === 0 || stored.size === wanted.size) return stored;
    }
  } finally {
    clearTimeout(late);
  }
  throw new Error(`the results cannot be read to the end within ${READ_MS / 1000} s`);
}

/** Applies a remedy. Safe to repeat. */
export async function apply(
  connection: NatsConnection,
  manager: JetStreamManager,
  remedy: Remedy,
  samples: readonly Found[],
  delivery: number,
): Promise<void> {
  if (remedy === "remove") {
    for (const { seq } of samples) await absentAsUndefined(manager.streams.deleteMessage(SAMPLES, seq, false));
  } else if (remedy === "release") {
    for (const { seq, putAt } of samples) connection.publish(replySubject(seq, delivery, putAt), "-NAK");
    await connection.flush();
  } else {
    // A new consumer of a work queue begins at the oldest sample. Results of samples in work are recognised by their ids.
    await absentAsUndefined(manager.consumers.delete(SAMPLES, PROCESSORS));
    await manager.consumers.add(SAMPLES, processorsConsumer());
  }
}

/** The subject on which a processor answers a delivery: deliveries, numbers in stream and consumer, time, waiting. */
function replySubject(seq: number, delivery: number, putAt: number): string {
  return `$JS.ACK.${SAMPLES}.${PROCESSORS}.1.${seq}.${delivery}.${nanos(putAt)}.0`;
}

function found(message: StoredMsg | null | undefined): Found | undefined {
  if (message === null || message === undefined) return undefined;
  const sample = parseJson(sampleSchema, message.data);
  return { seq: message.seq, id: sample.ok ? sample.value.id : undefined, putAt: message.time.getTime() };
}
