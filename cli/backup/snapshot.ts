/** Snapshots of JetStream's streams, by the broker's own interface. */
import type { JetStreamManager } from "@nats-io/jetstream";
import { createInbox, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { sleep } from "@inaetics/base";
import { readStream } from "@inaetics/service";
import * as z from "zod/mini";
import { untilAnswered } from "./answer";
import { snapshotSchema, type Snapshot } from "./format";

/** Milliseconds in which the next part must come. */
const partMs = 30_000;
/** Bytes of a part, far below the most that a message may have (1 MB). */
const partBytes = 128 * 1024;

const errorSchema = z.object({ error: z.optional(z.object({ description: z.string() })) });
const restoreSchema = z.object({ deliver_subject: z.string() });

/**
 * Takes a snapshot of a stream, of its content when it began. Consumers are left out, because their state is of a later
 * time: it would skip samples. Their owners make them again.
 * @param onPart gets the parts in order; the broker waits for it
 */
export async function takeSnapshot(
  connection: NatsConnection,
  stream: string,
  onPart: (part: Uint8Array) => Promise<void>,
): Promise<Snapshot> {
  const inbox = createInbox();
  const parts = connection.subscribe(inbox);
  try {
    const request = { deliver_subject: inbox, no_consumers: true, chunk_size: partBytes };
    const answer = await ask(connection, `$JS.API.STREAM.SNAPSHOT.${stream}`, request);
    const snapshot = z.parse(snapshotSchema, answer);
    for await (const part of withDeadline(parts)) {
      if (part.data.byteLength > 0) await onPart(part.data);
      else if (endOf(part, stream)) return snapshot;
      part.respond();
    }
    throw new Error(`the snapshot of ${stream} ended with the connection`);
  } finally {
    parts.unsubscribe();
  }
}

/** True for the message that ends a snapshot. Throws an Error when the snapshot failed. */
function endOf(message: Msg, stream: string): boolean {
  const code = message.headers?.code ?? 0;
  if (code >= 400) throw new Error(`the snapshot of ${stream} failed: ${code} ${message.headers?.description ?? ""}`);
  return true;
}

/** Passes on messages; throws an Error when the next one does not come in time. */
async function* withDeadline(messages: AsyncIterable<Msg>): AsyncGenerator<Msg> {
  const source = messages[Symbol.asyncIterator]();
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the broker sent nothing for ${partMs / 1000} s`)), partMs);
    });
    try {
      const next = await Promise.race([source.next(), late]);
      if (next.done === true) return;
      yield next.value;
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * Makes a stream from its snapshot.
 * @param replicas number of its copies, which may differ from the number before
 */
export async function restoreSnapshot(
  connection: NatsConnection,
  { config, state }: Snapshot,
  replicas: number,
  parts: AsyncIterable<Uint8Array>,
): Promise<void> {
  const request = { config: { ...config, num_replicas: replicas }, state };
  const { deliver_subject } = z.parse(
    restoreSchema,
    await ask(connection, `$JS.API.STREAM.RESTORE.${config.name}`, request),
  );
  for await (const part of parts) await send(connection, deliver_subject, part);
  await send(connection, deliver_subject, new Uint8Array());
}

/** Sends a part and waits until the broker has it; an answer with content is the broker's report of the end. */
async function send(connection: NatsConnection, subject: string, part: Uint8Array): Promise<void> {
  const answer = await connection.request(subject, part, { timeout: partMs });
  if (answer.data.byteLength > 0) refuseErrors(answer.json(), subject);
}

/** Asks the broker's interface. */
function ask(connection: NatsConnection, subject: string, request: object): Promise<unknown> {
  return untilAnswered(async () => {
    const answer = await connection.request(subject, JSON.stringify(request), { timeout: 5000 });
    return refuseErrors(answer.json(), subject);
  });
}

function refuseErrors(answer: unknown, subject: string): unknown {
  const { error } = z.parse(errorSchema, answer);
  if (error !== undefined) throw new Error(`${subject}: ${error.description}`);
  return answer;
}

/** Waits until all replicas of a stream have all of it. */
export async function waitUntilCurrent(
  manager: JetStreamManager,
  stream: string,
  milliseconds: number,
): Promise<{ readonly messages: number; readonly last_seq: number }> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    let reason: string;
    try {
      const { cluster, state, config } = await readStream(manager, stream);
      const others = cluster?.replicas ?? [];
      const growing = cluster !== undefined && "desired" in cluster;
      if (!growing && others.length === config.num_replicas - 1 && others.every(({ current }) => current)) return state;
      reason = `${others.filter(({ current }) => current).length + 1} of ${config.num_replicas} replicas are current`;
    } catch (error) {
      reason = String(error);
    }
    if (Date.now() > deadline) throw new Error(`stream ${stream}: ${reason} after ${milliseconds / 1000} s`);
    await sleep(300);
  }
}
