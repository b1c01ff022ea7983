import { connect, type NatsConnection } from "@nats-io/transport-node";
import { setTimeout as sleep } from "node:timers/promises";
import { type Context, kubectl, namespace } from "@inaetics/stack";
import { readScene } from "../faults/inject";
import type { Scene } from "../faults/scene";
import { Ledger } from "./ledger";
import { LedgerProducer } from "./producer";
import { ResultFollower } from "./results";
import { type Route, Tunnel } from "./tunnel";
import { type Reading, Watch } from "./watch";

/** Silence in ms after which the producer's connection tries another broker: its own may have lost the others. */
const SILENT_MS = 5000;

/** A cluster under observation: load, ledger, results and the API server's view. */
export interface Session {
  readonly scene: Scene;
  readonly watch: Watch;
  readonly ledger: Ledger;
  readonly producer: LedgerProducer;
  readonly follower: ResultFollower;
  readonly connection: NatsConnection;
  readonly close: () => Promise<void>;
}

/** Begins to put samples, to read results and to watch. */
export async function openSession(context: Context, perSecond: number): Promise<Session> {
  const scene = await readScene(context);
  const { data } = JSON.parse(
    await kubectl(context, ["get", "secret", "inaetics-broker", `--namespace=${namespace}`, "--output=json"]),
  ) as { readonly data: Readonly<Record<string, string>> };
  const secret = (key: string): string => Buffer.from(data[key] ?? "", "base64").toString();
  const tunnel = await Tunnel.open(context, []);
  const watch = await Watch.open(context, (reading) => tunnel.update(routesOf(scene, reading)));
  await watch.until(Date.now() + 30_000, (reading) => routesOf(scene, reading).length > 0);
  const connection = await connect({
    servers: `127.0.0.1:${tunnel.port}`,
    user: secret("NATS_USER"),
    pass: secret("NATS_PASSWORD"),
    name: "verify",
    // The other servers have pod addresses, which cannot be reached from here.
    ignoreClusterUpdates: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    pingInterval: 1000,
    maxPingOut: 2,
    timeout: 5000,
  });
  const ledger = new Ledger(`verify${Date.now().toString(36)}`);
  const follower = await ResultFollower.open(connection, ledger);
  const producer = new LedgerProducer(connection, ledger, perSecond);
  const ending = new AbortController();
  const following = follow(follower, ending.signal);
  const moving = leaveSilentBrokers(connection, ledger, producer, ending.signal);
  const close = async (): Promise<void> => {
    await producer.stop(0);
    ending.abort();
    await Promise.all([following, moving, watch.stop()]);
    await connection.close();
    tunnel.close();
  };
  return { scene, watch, ledger, producer, follower, connection, close };
}

/** Returns the brokers that have an address, each with its box. Pure. */
export function routesOf({ boxes }: Scene, { pods, addresses }: Reading): readonly Route[] {
  return pods
    .filter(({ name, ending }) => /^inaetics-queue-\d+$/.test(name) && !ending)
    .map(({ name, node }) => ({ boxAddress: boxes[node] ?? "", podAddress: addresses[name] ?? "" }))
    .filter(({ boxAddress, podAddress }) => boxAddress !== "" && podAddress !== "");
}

async function follow(follower: ResultFollower, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Brokers that do not answer are asked again.
    await follower.read().catch(() => undefined);
    await sleep(1000);
  }
}

async function leaveSilentBrokers(
  connection: NatsConnection,
  ledger: Ledger,
  producer: LedgerProducer,
  signal: AbortSignal,
): Promise<void> {
  let moved = Date.now();
  while (!signal.aborted) {
    const since = Math.max(moved, ledger.lastAnswerAt ?? 0);
    if (producer.isWaiting && Date.now() - since > SILENT_MS && !connection.isClosed()) {
      moved = Date.now();
      await connection.reconnect().catch(() => undefined);
    }
    await sleep(250);
  }
}
