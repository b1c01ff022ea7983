import type { ConsumerConfig, StreamConfig } from "@nats-io/jetstream";
import {
  EVENT_SUBJECTS,
  EVENTS,
  PROCESSORS,
  RESULT_SUBJECTS,
  RESULTS,
  SAMPLE_SUBJECTS,
  SAMPLES,
} from "@inaetics/samples";

/** Settings from the environment. */
export interface QueueSettings {
  /** Most samples that may wait. */
  readonly capacity: number;
  /** Number of brokers that keep each stream. */
  readonly replicas: number;
  /** Number of results that are kept; older ones are dropped. */
  readonly resultCapacity: number;
  /** Number of bytes of results that are kept. The limit that is reached first counts. */
  readonly resultBytes: number;
}

export type WantedStream = Partial<StreamConfig> & Pick<StreamConfig, "name">;
export type WantedConsumer = Partial<ConsumerConfig> & { readonly durable_name: string };

/** Action for a stream or consumer. `changes` are lines such as `max_msgs: 100 => 200`. */
export interface Step {
  readonly action: "create" | "update" | "none" | "refuse";
  readonly changes: readonly string[];
}

const second = 1_000_000_000;
const day = 24 * 3600 * second;

/** The queue refuses what does not fit (discard new), so that a producer knows and counts it. */
export function samplesStream(settings: QueueSettings): WantedStream {
  return {
    name: SAMPLES,
    description: "Samples that wait for a processor",
    subjects: [SAMPLE_SUBJECTS],
    retention: "workqueue",
    storage: "file",
    discard: "new",
    num_replicas: settings.replicas,
    max_msgs: settings.capacity,
    max_msg_size: 64 * 1024,
    // Long enough for a producer that repeats a put after a broker's node was lost; each id costs the brokers memory.
    duplicate_window: 60 * second,
  };
}

/** The data store keeps the newest results; a redelivered sample's second result is recognised and dropped. */
export function resultsStream(settings: QueueSettings): WantedStream {
  return {
    name: RESULTS,
    description: "Results of the processors",
    subjects: [RESULT_SUBJECTS],
    retention: "limits",
    storage: "file",
    discard: "old",
    num_replicas: settings.replicas,
    max_msgs: settings.resultCapacity,
    max_bytes: settings.resultBytes,
    max_msg_size: 64 * 1024,
    allow_direct: true,
    duplicate_window: 120 * second,
  };
}

/** Stream of decisions and changes, with reasons. A writer repeats a failed put until the event is stored. */
export function eventsStream(settings: Pick<QueueSettings, "replicas">): WantedStream {
  return {
    name: EVENTS,
    description: "What was decided and changed, and why",
    subjects: [EVENT_SUBJECTS],
    retention: "limits",
    storage: "file",
    discard: "old",
    num_replicas: settings.replicas,
    max_msgs: 20_000,
    max_age: 30 * day,
    max_msg_size: 16 * 1024,
    allow_direct: true,
    // Longer than brokers need to agree on a leader, which is how long an unanswered put is repeated.
    duplicate_window: 120 * second,
  };
}

/** All processors share one consumer. Each request gets the next samples; if the processor dies, another gets them. */
export function processorsConsumer(): WantedConsumer {
  return {
    durable_name: PROCESSORS,
    description: "Processors of both kinds",
    ack_policy: "explicit",
    deliver_policy: "all",
    replay_policy: "instant",
    ack_wait: 10 * second,
    max_ack_pending: 2000,
    max_deliver: -1,
  };
}

/** Settings of a stream that cannot be changed without losing its messages. */
const fixedOfStream: readonly string[] = ["retention", "storage"];
const fixedOfConsumer: readonly string[] = ["ack_policy", "deliver_policy", "replay_policy"];

export function planStream(current: Partial<StreamConfig> | undefined, wanted: WantedStream): Step {
  return plan(current, wanted, fixedOfStream);
}

export function planConsumer(current: Partial<ConsumerConfig> | undefined, wanted: WantedConsumer): Step {
  return plan(current, wanted, fixedOfConsumer);
}

/** Compares only the wanted settings, and ignores those that the broker adds on its own. */
function plan(current: object | undefined, wanted: object, fixed: readonly string[]): Step {
  if (current === undefined) return { action: "create", changes: [] };
  const before = new Map<string, unknown>(Object.entries(current));
  const differing = Object.entries(wanted).filter(([key, value]) => !same(before.get(key), value));
  const changes = differing.map(([key, value]) => `${key}: ${show(before.get(key))} => ${show(value)}`);
  if (differing.some(([key]) => fixed.includes(key))) return { action: "refuse", changes };
  return { action: changes.length === 0 ? "none" : "update", changes };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function show(value: unknown): string {
  return value === undefined ? "(none)" : JSON.stringify(value);
}
