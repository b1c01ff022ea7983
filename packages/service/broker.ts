import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { Environment } from "./environment";

/** How to reach the broker. */
export interface BrokerAccess {
  readonly servers: readonly string[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Shown in the broker's list of connections. */
  readonly name: string;
}

/** What a service's log has to offer. */
export interface Log {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

/** Reads NATS_URL (several separated by commas), NATS_USER, NATS_PASSWORD and POD_NAME. */
export function brokerAccess(environment: Environment): BrokerAccess {
  return {
    servers: environment
      .text("NATS_URL")
      .split(",")
      .map((each) => each.trim()),
    user: environment.optional("NATS_USER"),
    password: environment.optional("NATS_PASSWORD"),
    name: environment.text("POD_NAME", "unnamed"),
  };
}

/**
 * Connects to the broker, waiting for it as long as it takes, and stays connected: every loss is followed by attempts
 * each second, without end. Refused credentials end the wait with an error, since trying again cannot help.
 */
export async function connectBroker(access: BrokerAccess, log: Log): Promise<NatsConnection> {
  log.info(`connecting to the broker at ${access.servers.join(", ")}`);
  const connection = await connect({
    servers: [...access.servers],
    ...(access.user === undefined ? {} : { user: access.user, pass: access.password ?? "" }),
    name: access.name,
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 1000,
    // A halted node closes no connection: without pings its loss would go unnoticed for minutes.
    pingInterval: 3000,
    maxPingOut: 2,
    timeout: 3000,
  });
  log.info(`connected to the broker at ${connection.getServer()}`);
  void logStatus(connection, log);
  return connection;
}

async function logStatus(connection: NatsConnection, log: Log): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === "disconnect") log.warn(`lost the broker at ${status.server}`);
    if (status.type === "reconnect") log.info(`connected to the broker again, at ${status.server}`);
    if (status.type === "error") log.error(`broker: ${status.error.message}`);
  }
}
