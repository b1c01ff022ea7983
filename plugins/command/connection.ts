/**
 * Connections to boxes over ssh: dialled with back-off and verified by the host key. They are kept for the next command
 * to the same box, because a handshake costs more than most commands.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "ssh2";
import { Context } from "../lib";
import { connectOnce, Connection, describe, Hopeless, WrongLogin } from "./dial";

/** sshd's default limit is ten sessions a connection. */
const sessionsPerConnection = 8;
const idleTime = 30_000;
/** Milliseconds for running commands to end: longer than the time that they get before their channels are closed. */
const closingTime = 6000;
const firstPause = 100;
const longestPause = 5000;
/** Refused logins that are tolerated. Waiting can cure one (the user is just being made), but not for ever. */
const loginLimit = 10;

interface Pooled {
  readonly client: Client;
  sessions: number;
  open: boolean;
  idle: NodeJS.Timeout | undefined;
}

const pool = new Map<string, Pooled[]>();
const dialling = new Map<string, Promise<Pooled>>();

/** Thrown by `use` when the connection proved dead before any request reached the box. */
export class NotOpened extends Error {}

/** Calls `use` with a connection, and again with a fresh one if a kept connection was dead. */
export async function withConnection<T>(
  connection: Connection,
  context: Context,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  for (;;) {
    const kept = free(connection);
    const pooled = kept ?? (await dialShared(connection, context));
    clearTimeout(pooled.idle);
    pooled.sessions++;
    try {
      return await use(pooled.client);
    } catch (error) {
      if (!(error instanceof NotOpened)) throw error;
      drop(connection, pooled);
      if (kept === undefined) throw new Error(`${describe(connection)}: ${error.message}`);
    } finally {
      pooled.sessions--;
      if (pooled.sessions === 0) pooled.idle = setTimeout(() => drop(connection, pooled), idleTime).unref();
    }
  }
}

/** Ends all connections after their commands have ended. The commands' contexts are aborted, which takes a moment. */
export async function closeConnections(): Promise<void> {
  const deadline = Date.now() + closingTime;
  const all = () => [...pool.values()].flat();
  while (all().some(({ sessions }) => sessions > 0) && Date.now() < deadline) await sleep(50);
  for (const { client } of all()) client.end();
  pool.clear();
}

function keyOf(connection: Connection): string {
  return JSON.stringify(connection);
}

function free(connection: Connection): Pooled | undefined {
  return pool.get(keyOf(connection))?.find(({ open, sessions }) => open && sessions < sessionsPerConnection);
}

function drop(connection: Connection, pooled: Pooled): void {
  pooled.open = false;
  pooled.client.end();
  const rest = (pool.get(keyOf(connection)) ?? []).filter((other) => other !== pooled);
  pool.set(keyOf(connection), rest);
}

/** Dials once for all commands that start together on a box that is still coming up. */
async function dialShared(connection: Connection, context: Context): Promise<Pooled> {
  const key = keyOf(connection);
  const other = dialling.get(key);
  if (other !== undefined) {
    const pooled = await Promise.race([other.catch(() => undefined), aborted(context.signal)]);
    if (pooled !== undefined && pooled.open && pooled.sessions < sessionsPerConnection) return pooled;
  }
  const own = dial(connection, context).then((client) => keep(connection, client));
  dialling.set(key, own);
  try {
    return await own;
  } finally {
    if (dialling.get(key) === own) dialling.delete(key);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}

function keep(connection: Connection, client: Client): Pooled {
  const pooled: Pooled = { client, sessions: 0, open: true, idle: undefined };
  client.on("error", () => undefined);
  client.on("close", () => drop(connection, pooled));
  pool.set(keyOf(connection), [...(pool.get(keyOf(connection)) ?? []), pooled]);
  return pooled;
}

/** Dials until success, until the limit of errors, or until the context ends. */
async function dial(connection: Connection, context: Context): Promise<Client> {
  const started = Date.now();
  let [pause, logins] = [firstPause, 0];
  for (let errors = 1; ; errors++) {
    context.signal.throwIfAborted();
    try {
      return await connectOnce(connection, context.signal);
    } catch (error) {
      context.signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof WrongLogin) logins++;
      const spent = connection.dialErrorLimit >= 0 && errors > connection.dialErrorLimit;
      if (error instanceof Hopeless || spent || logins > loginLimit) {
        const seconds = ((Date.now() - started) / 1000).toFixed(1);
        throw new Error(`cannot connect to ${describe(connection)} (${errors} tries in ${seconds} s): ${reason}`);
      }
      context.log.status(`waiting for ssh on ${describe(connection)} (try ${errors}): ${reason}`);
    }
    await sleep(pause, undefined, { signal: context.signal }).catch(() => undefined);
    pause = Math.min(pause * 1.5, longestPause);
  }
}
