import type { ConsumerInfo, JetStreamManager, StreamConfig, StreamInfo } from "@nats-io/jetstream";
import { Kvm, type KV } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { COUNTERS, DEFAULT_RATE, PROCESSORS, RATE_KEY, SAMPLES, SETTINGS } from "@inaetics/samples";
import type { Log } from "@inaetics/base";
import { absentAsUndefined } from "@inaetics/service";
import { incomplete, placementOf } from "./placement";
import {
  eventsStream,
  planConsumer,
  planStream,
  processorsConsumer,
  resultsStream,
  samplesStream,
  type QueueSettings,
  type Step,
  type WantedStream,
} from "./plan";

/** Brings the broker's streams, consumer and buckets to what the settings ask for; safe to repeat at any time. */
export async function reconcile(
  connection: NatsConnection,
  manager: JetStreamManager,
  settings: QueueSettings,
  log: Log,
): Promise<void> {
  await reconcileStream(manager, samplesStream(settings), log);
  await reconcileStream(manager, resultsStream(settings), log);
  await reconcileStream(manager, eventsStream(settings), log);
  await reconcileConsumer(manager, log);
  const buckets = new Kvm(connection);
  const rate = await reconcileBucket(manager, buckets, SETTINGS, settings.replicas, log);
  await setDefaultRate(rate, log);
  await reconcileBucket(manager, buckets, COUNTERS, settings.replicas, log);
}

async function reconcileStream(manager: JetStreamManager, wanted: WantedStream, log: Log): Promise<void> {
  const current = await absentAsUndefined<StreamInfo>(manager.streams.info(wanted.name));
  const step = planStream(current?.config, wanted);
  refuse(step, `stream ${wanted.name}`);
  if (step.action === "create") await manager.streams.add(wanted);
  keepWhole(current, wanted);
  // The update repeats the current settings, so that everything else stays as it is.
  if (step.action === "update") await manager.streams.update(wanted.name, changed(current?.config, wanted));
  logStep(step, `stream ${wanted.name}`, log);
}

async function reconcileConsumer(manager: JetStreamManager, log: Log): Promise<void> {
  const wanted = processorsConsumer();
  const current = await absentAsUndefined<ConsumerInfo>(manager.consumers.info(SAMPLES, PROCESSORS));
  const step = planConsumer(current?.config, wanted);
  refuse(step, `consumer ${PROCESSORS}`);
  if (step.action === "create") await manager.consumers.add(SAMPLES, wanted);
  if (step.action === "update") await manager.consumers.update(SAMPLES, PROCESSORS, wanted);
  logStep(step, `consumer ${PROCESSORS}`, log);
}

async function reconcileBucket(
  manager: JetStreamManager,
  buckets: Kvm,
  name: string,
  replicas: number,
  log: Log,
): Promise<KV> {
  const stream = `KV_${name}`;
  const current = await absentAsUndefined<StreamInfo>(manager.streams.info(stream));
  if (current === undefined) {
    const bucket = await buckets.create(name, { replicas, history: 1, storage: "file" });
    logStep({ action: "create", changes: [] }, `bucket ${name}`, log);
    return bucket;
  }
  const wanted: WantedStream = { name: stream, num_replicas: replicas };
  const step = planStream(current.config, wanted);
  keepWhole(current, wanted);
  if (step.action === "update") await manager.streams.update(stream, { num_replicas: replicas });
  logStep(step, `bucket ${name}`, log);
  return buckets.open(name);
}

/** Sets the default rate. Never overwrites a rate that people set. */
async function setDefaultRate(bucket: KV, log: Log): Promise<void> {
  if ((await bucket.get(RATE_KEY)) !== null) return;
  try {
    await bucket.create(RATE_KEY, String(DEFAULT_RATE));
    log.info(`setting ${RATE_KEY}: ${DEFAULT_RATE}`);
  } catch (error) {
    // A person set the rate at the same moment, and that value counts.
    if ((await bucket.get(RATE_KEY)) === null) throw error;
  }
}

/**
 * Refuses to drop copies of a stream that is not whole, because others may be the current ones. The next run repeats it.
 * @throws Error that names the server which is not current
 */
function keepWhole(current: StreamInfo | undefined, wanted: WantedStream): void {
  if (current === undefined || (wanted.num_replicas ?? 0) >= current.config.num_replicas) return;
  const problem = incomplete(placementOf(current));
  if (problem !== undefined) throw new Error(`${problem}: the number of its copies is lowered later`);
}

function changed(current: StreamConfig | undefined, wanted: WantedStream): Partial<StreamConfig> {
  return { ...(current ?? {}), ...wanted };
}

function refuse(step: Step, what: string): void {
  if (step.action !== "refuse") return;
  throw new Error(
    `${what} exists with settings that cannot be changed (${step.changes.join(", ")}); remove it, and it is created again`,
  );
}

function logStep(step: Step, what: string, log: Log): void {
  if (step.action === "create") log.info(`${what}: created`);
  if (step.action === "update") log.info(`${what}: changed ${step.changes.join(", ")}`);
}
