import type { JetStreamManager } from "@nats-io/jetstream";
import { PROCESSORS, SAMPLES, type QueueReading } from "../samples/index";

/** Looks at the queue once: two requests to the broker. */
export async function readQueue(manager: JetStreamManager): Promise<QueueReading> {
  const [stream, consumer] = await Promise.all([
    manager.streams.info(SAMPLES),
    manager.consumers.info(SAMPLES, PROCESSORS),
  ]);
  const { state } = stream;
  // The broker's own clock, so that clocks which differ between the boxes do not show as age.
  const now = stream.ts === undefined ? Date.now() : Date.parse(stream.ts);
  return {
    at: Date.now(),
    capacity: stream.config.max_msgs,
    depth: state.messages,
    accepted: state.last_seq,
    oldestMs: state.messages === 0 ? 0 : Math.max(0, now - Date.parse(String(state.first_ts))),
    inFlight: consumer.num_ack_pending,
    redelivered: consumer.num_redelivered,
  };
}
