import type { JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import { PROCESSORS, SAMPLES, type QueueReading } from "@inaetics/samples";

/**
 * Reads a stream's state. Without a leader, each replica answers with the data that it has, which may be nothing at
 * all. Such an answer is an error, not a count of 0.
 */
export async function readStream(manager: Pick<JetStreamManager, "streams">, name: string): Promise<StreamInfo> {
  const info = await manager.streams.info(name);
  if (info.cluster !== undefined && (info.cluster.leader ?? "") === "") {
    throw new Error(`stream ${name} has no leader: too few brokers are running, or they are still agreeing on one`);
  }
  return info;
}

/** Reads the queue once, with two requests to the broker. */
export async function readQueue(manager: Pick<JetStreamManager, "streams" | "consumers">): Promise<QueueReading> {
  const [stream, consumer] = await Promise.all([
    readStream(manager, SAMPLES),
    manager.consumers.info(SAMPLES, PROCESSORS),
  ]);
  const { state } = stream;
  // Uses the broker's own clock, so that clocks which differ between the boxes do not show as age.
  const now = stream.ts === undefined ? Date.now() : Date.parse(stream.ts);
  return {
    at: Date.now(),
    capacity: stream.config.max_msgs,
    depth: state.messages,
    accepted: state.last_seq,
    oldestMs: state.messages === 0 ? 0 : Math.max(0, now - Date.parse(state.first_ts)),
    inFlight: consumer.num_ack_pending,
    redelivered: consumer.num_redelivered,
  };
}
