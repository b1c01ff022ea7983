import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { Context, kubectl, namespace } from "@inaetics/stack";
import { forwardPort } from "../pods/forward";

/** A connection to the cluster's broker from this machine. */
export interface Broker {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
}

/**
 * Does work on one of the brokers through `kubectl port-forward`, because they have no port outside.
 * @throws Failure when no broker can be reached
 */
export async function withBroker<T>(context: Context, work: (broker: Broker) => Promise<T>): Promise<T> {
  const secret = await kubectl(context, [
    "get",
    "secret",
    "inaetics-broker",
    `--namespace=${namespace}`,
    "--output=json",
  ]);
  const { data } = JSON.parse(secret) as { readonly data: Readonly<Record<string, string>> };
  const login = (key: string) => Buffer.from(data[key] ?? "", "base64").toString();
  const forward = await forwardPort(context, "service/inaetics-queue", 4222, "Run: ./cluster status");
  try {
    const connection = await connect({
      servers: `127.0.0.1:${forward.port}`,
      user: login("NATS_USER"),
      pass: login("NATS_PASSWORD"),
      // The other brokers have pod addresses, which cannot be reached from here.
      ignoreClusterUpdates: true,
      reconnectTimeWait: 500,
      maxReconnectAttempts: 20,
      timeout: 10_000,
    });
    try {
      return await work({
        connection,
        manager: await jetstreamManager(connection, { timeout: 10_000, checkAPI: false }),
      });
    } finally {
      await connection.close();
    }
  } finally {
    forward.stop();
  }
}
