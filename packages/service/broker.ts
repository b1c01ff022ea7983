import { messageWithCause, type Log, sleep } from "@inaetics/base";
import { AuthorizationError, connect, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";
import type { Environment } from "./environment";

/** Address and login of the broker. */
export interface BrokerAccess {
  readonly servers: readonly string[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Shown in the broker's list of connections. */
  readonly name: string;
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

const RETRY_MS = 1000;

/**
 * Connects to the broker, however long that takes, and stays connected. After every loss it tries again each second,
 * without end. It also repeats a refused login, because brokers and their clients may get a new password one after the
 * other. Calls `onWait` with the reason why no connection exists yet.
 */
export async function connectBroker(
  access: BrokerAccess,
  log: Log,
  onWait: (reason: string) => void = () => undefined,
): Promise<NatsConnection> {
  const servers = access.servers.join(", ");
  log.info(`connecting to the broker at ${servers}`);
  let before = "";
  for (;;) {
    try {
      const connection = await connect(options(access));
      log.info(`connected to the broker at ${connection.getServer()}`);
      void logStatus(connection, log);
      return connection;
    } catch (error) {
      const reason = `broker at ${servers}: ${explain(error, access)}`;
      if (reason !== before) log.warn(`${reason}; trying again each second`);
      before = reason;
      onWait(reason);
      await sleep(RETRY_MS);
    }
  }
}

function options(access: BrokerAccess): NodeConnectionOptions {
  return {
    servers: [...access.servers],
    ...(access.user === undefined ? {} : { user: access.user, pass: access.password ?? "" }),
    name: access.name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 1000,
    ignoreAuthErrorAbort: true,
    // A halted node closes no connection: without pings its loss would go unnoticed for minutes.
    pingInterval: 3000,
    maxPingOut: 2,
    timeout: 3000,
  };
}

function explain(error: unknown, access: BrokerAccess): string {
  if (!(error instanceof AuthorizationError)) return messageWithCause(error);
  const user = access.user === undefined ? "a client without a name" : `user "${access.user}"`;
  return `it refuses ${user} (${error.message}); check NATS_USER and NATS_PASSWORD`;
}

async function logStatus(connection: NatsConnection, log: Log): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === "disconnect") log.warn(`lost the broker at ${status.server}`);
    if (status.type === "reconnect") log.info(`connected to the broker again, at ${status.server}`);
    if (status.type === "error") log.error(`broker: ${status.error.message}`);
  }
}
