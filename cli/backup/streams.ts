/** The broker's part of a backup. */
import type { JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { RESULTS, SAMPLES } from "@inaetics/samples";
import { untilAnswered } from "./answer";
import { Checksum, configurationEntry, partEntry, snapshotOrder, type Manifest, type SavedStream } from "./format";
import { takeSnapshot } from "./snapshot";

/** Takes an entry of the archive. */
export type AddEntry = (name: string, content: Uint8Array) => Promise<void>;

/** Lists the names of all streams, also those of other clients. */
export function streamNames(manager: JetStreamManager): Promise<readonly string[]> {
  return untilAnswered(async () => {
    const found: string[] = [];
    for await (const name of manager.streams.names()) found.push(name);
    return found;
  });
}

/** Reads all streams one by one, because the broker's list leaves out those that elect a leader. */
export async function listStreams(manager: JetStreamManager): Promise<readonly StreamInfo[]> {
  const found: StreamInfo[] = [];
  for (const name of await streamNames(manager)) {
    found.push(await untilAnswered(() => manager.streams.info(name)));
  }
  return found;
}

/**
 * Saves all streams, in the order that keeps each sample in one of them.
 * @param onBytes called with the compressed bytes so far
 */
export async function saveStreams(
  connection: NatsConnection,
  names: readonly string[],
  add: AddEntry,
  onBytes: (stream: string, bytes: number) => void,
): Promise<readonly SavedStream[]> {
  const saved: SavedStream[] = [];
  let total = 0;
  for (const name of snapshotOrder(names)) {
    const checksum = new Checksum();
    let parts = 0;
    const snapshot = await takeSnapshot(connection, name, async (part) => {
      parts += 1;
      checksum.add(part);
      total += part.byteLength;
      onBytes(name, total);
      await add(partEntry(name, parts), part);
    });
    await add(configurationEntry(name), Buffer.from(JSON.stringify(snapshot)));
    const { messages, last_seq: lastSequence } = snapshot.state;
    saved.push({ name, messages, lastSequence, parts, ...checksum.result() });
  }
  return saved;
}

/** Number of objects in all object stores; each has one subject for its description. */
export async function countBundles(manager: JetStreamManager, names: readonly string[]): Promise<number> {
  const stores = names.filter((name) => name.startsWith("OBJ_"));
  const counts = await Promise.all(
    stores.map(async (name) => {
      const { state } = await manager.streams.info(name, { subjects_filter: `$O.${name.slice(4)}.M.>` });
      return Object.keys(state.subjects ?? {}).length;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

export function countsOf(saved: readonly SavedStream[], bundles: number): Manifest["counts"] {
  const messages = (name: string) => saved.find((each) => each.name === name)?.messages ?? 0;
  return { samples: messages(SAMPLES), results: messages(RESULTS), bundles };
}
