/** Loads the streams of a backup into the broker of a new cluster. */
import { Readable } from "node:stream";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { untilAnswered } from "../backup/answer";
import { streamNames } from "../backup/streams";
import { restoreSnapshot, waitUntilCurrent } from "../backup/snapshot";
import type { Snapshot } from "../backup/format";
import { forEachStream, type OpenedBackup } from "./read";

const currentMs = 120_000;
/** Bytes of a stream up to which it is read before the broker begins to wait. */
const heldBytes = 256 * 2 ** 20;

/**
 * Replaces all streams by those of the backup, and waits until all their replicas are current. The caller makes sure
 * that no service uses the broker meanwhile.
 * @param replicas number of copies of each stream
 * @param onStream called before each stream
 * @returns the differences between streams and manifest; none when everything is there
 */
export async function loadStreams(
  { connection, manager }: { readonly connection: NatsConnection; readonly manager: JetStreamManager },
  opened: OpenedBackup,
  replicas: number,
  onStream: (name: string) => void,
): Promise<readonly string[]> {
  // A restore that was interrupted left some of them, perhaps in part.
  await untilAnswered(async () => {
    for (const name of await streamNames(manager)) await manager.streams.delete(name);
  });
  await forEachStream(opened, async (stream, parts) => {
    const snapshot = opened.snapshots.get(stream);
    if (snapshot === undefined) throw new Error(`the backup has no configuration of stream ${stream}`);
    onStream(stream);
    const { bytes } = opened.manifest.streams.find(({ name }) => name === stream) ?? { bytes: Infinity };
    // The broker gives up after 5 s without a part, which decryption on a busy machine may take.
    const ready = bytes <= heldBytes ? await collect(parts) : parts;
    await restoreSnapshot(connection, snapshot, replicas, ready);
  });
  const problems: string[] = [];
  for (const [name, snapshot] of opened.snapshots) {
    const { messages, last_seq } = await waitUntilCurrent(manager, name, currentMs);
    problems.push(...lacking(snapshot, messages, last_seq));
  }
  return problems;
}

/** Reads all parts, and gives them again. */
async function collect(parts: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Readable.from(all);
}

/**
 * Compares a loaded stream with its snapshot: it ends with the same message, and has as many. Fewer are right where
 * messages leave the stream while the snapshot is taken, because they are acknowledged, replaced or too old. Pure.
 */
export function lacking({ config, state }: Snapshot, messages: number, lastSequence: number): readonly string[] {
  if (lastSequence !== state.last_seq) {
    return [`${config.name} ends with message ${lastSequence}; the backup has ${state.last_seq}`];
  }
  if (messages === state.messages || (messages < state.messages && mayShrink({ config, state }))) return [];
  return [`${config.name} has ${messages} messages; the backup has ${state.messages}`];
}

function mayShrink({ config, state }: Snapshot): boolean {
  const limit = (name: string) => Number(config[name] ?? 0);
  const isFull = limit("max_msgs") > 0 && state.messages >= limit("max_msgs");
  const isLarge = limit("max_bytes") > 0 && state.bytes >= limit("max_bytes") * 0.9;
  return (
    config["retention"] !== "limits" || limit("max_msgs_per_subject") > 0 || limit("max_age") > 0 || isFull || isLarge
  );
}
