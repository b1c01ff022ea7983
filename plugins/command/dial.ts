/** Makes one attempt to connect over ssh. */
import { Client, ConnectConfig, ParsedKey, utils } from "ssh2";
import type { Duplex } from "node:stream";
import { Failure, isObject, unknown, Value } from "../lib";

/** Address and login; the fields are those of @pulumi/command's ConnectionArgs, with defaults filled in. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly privateKey: string | undefined;
  readonly privateKeyPassword: string | undefined;
  readonly agentSocketPath: string | undefined;
  /** Line of a public key file, "ssh-ed25519 AAAA..."; undefined to accept any key. */
  readonly hostKey: string | undefined;
  /** Number of errors before giving up; -1: never. */
  readonly dialErrorLimit: number;
  /** Seconds for one attempt; 0: no limit. */
  readonly perDialTimeout: number;
  readonly proxy: Connection | undefined;
}

/** A failure that further attempts cannot cure. */
export class Hopeless extends Error {}
/** The server answered and refused the login. */
export class WrongLogin extends Error {}

/** Keepalives (ms, count): a box that is gone misses them all; a very busy box answers within a minute. */
const keepAlive = { keepaliveInterval: 10_000, keepaliveCountMax: 6 };

export function describe({ user, host, port }: Connection): string {
  return `${user}@${host}:${port}`;
}

/** Reads the `connection` input, which was checked before. */
export function connectionOf(value: Value | undefined): Connection {
  if (!isObject(value)) throw new Error("connection: must be an object");
  const text = (key: string) => (typeof value[key] === "string" && value[key] !== "" ? value[key] : undefined);
  const number = (key: string, fallback: number) => (typeof value[key] === "number" ? value[key] : fallback);
  return {
    host: text("host") ?? "",
    port: number("port", 22),
    user: text("user") ?? "root",
    password: text("password"),
    privateKey: text("privateKey"),
    privateKeyPassword: text("privateKeyPassword"),
    agentSocketPath: text("agentSocketPath") ?? process.env["SSH_AUTH_SOCK"],
    hostKey: text("hostKey"),
    dialErrorLimit: number("dialErrorLimit", 10),
    perDialTimeout: number("perDialTimeout", 15),
    proxy: isObject(value["proxy"]) ? connectionOf(value["proxy"]) : undefined,
  };
}

/** Checks a `connection` input and returns its problems. */
export function checkConnection(value: Value | undefined, property = "connection"): Failure[] {
  if (value === unknown) return [];
  if (!isObject(value)) return [{ property, reason: "must be an object with at least a host" }];
  const failures: Failure[] = [];
  const host = value["host"];
  if (host !== unknown && (typeof host !== "string" || host === "")) {
    failures.push({ property: `${property}.host`, reason: "must be a name or an address" });
  }
  for (const key of ["port", "dialErrorLimit", "perDialTimeout"]) {
    const number = value[key];
    if (number === undefined || number === null || number === unknown || typeof number === "number") continue;
    failures.push({ property: `${property}.${key}`, reason: `must be a number, got ${JSON.stringify(number)}` });
  }
  const proxy = value["proxy"];
  return proxy === undefined || proxy === null
    ? failures
    : [...failures, ...checkConnection(proxy, `${property}.proxy`)];
}

/** Returns a client that is logged in. Throws Hopeless, WrongLogin, or the network's error. */
export async function connectOnce(connection: Connection, signal: AbortSignal): Promise<Client> {
  if (connection.proxy === undefined) return login(connection, undefined, signal);
  const proxy = await connectOnce(connection.proxy, signal);
  try {
    const client = await login(connection, await forward(proxy, connection), signal);
    client.on("close", () => proxy.end());
    return client;
  } catch (error) {
    proxy.end();
    throw error;
  }
}

function forward(proxy: Client, { host, port }: Connection): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    proxy.forwardOut("127.0.0.1", 0, host, port, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}

function login(connection: Connection, sock: Duplex | undefined, signal: AbortSignal): Promise<Client> {
  const client = new Client();
  const hostKey = expectedHostKey(connection.hostKey);
  let wrongHostKey: string | undefined;
  const verify = (key: Buffer) => {
    const offered = key.toString("base64");
    if (hostKey !== undefined && hostKey.key !== offered) wrongHostKey = offered;
    return wrongHostKey === undefined;
  };
  return new Promise((resolve, reject) => {
    const abort = () => {
      client.destroy();
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", abort, { once: true });
    client.once("ready", () => {
      signal.removeEventListener("abort", abort);
      resolve(client);
    });
    client.on("error", (error) => {
      signal.removeEventListener("abort", abort);
      reject(explain(error, connection, wrongHostKey));
    });
    // A server that closes without a message causes no error event.
    client.once("close", () => reject(new Error("the connection was closed during the login")));
    client.on("keyboard-interactive", (_name, _text, _language, prompts, answer) => {
      answer(prompts.map(() => connection.password ?? ""));
    });
    try {
      client.connect({ ...settings(connection), sock, hostVerifier: verify, ...hostKey?.settings });
    } catch (error) {
      reject(new Hopeless(error instanceof Error ? error.message : String(error)));
    }
  });
}

function settings(connection: Connection): ConnectConfig {
  const { host, port, user, password, privateKey, privateKeyPassword, agentSocketPath, perDialTimeout } = connection;
  return {
    host,
    port,
    username: user,
    password,
    privateKey,
    passphrase: privateKeyPassword,
    agent: agentSocketPath,
    tryKeyboard: password !== undefined,
    readyTimeout: perDialTimeout * 1000,
    ...keepAlive,
  };
}

/** Returns the expected host key. The server may have keys of several types, so the known type is requested. */
function expectedHostKey(line: string | undefined): { key: string; settings: ConnectConfig } | undefined {
  if (line === undefined) return undefined;
  const parsed: unknown = utils.parseKey(line.trim());
  if (parsed instanceof Error || parsed === undefined) {
    throw new Hopeless(`connection.hostKey must be the line of a public key file, like "ssh-ed25519 AAAA..."`);
  }
  const key = (Array.isArray(parsed) ? parsed[0] : parsed) as ParsedKey;
  const types = key.type === "ssh-rsa" ? (["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] as const) : [key.type];
  const algorithms = { serverHostKey: types } as unknown as ConnectConfig["algorithms"];
  return { key: key.getPublicSSH().toString("base64"), settings: { algorithms } };
}

function explain(error: Error & { level?: string }, connection: Connection, wrongHostKey: string | undefined): Error {
  if (wrongHostKey !== undefined) {
    const text = "the server has another host key than the one given; is this still the same machine? It has";
    return new Hopeless(`${text} ${wrongHostKey}`);
  }
  if (error.level === "client-authentication") {
    const { password, privateKey, agentSocketPath } = connection;
    const ways = { password, "private key": privateKey, agent: agentSocketPath };
    const tried = Object.entries(ways).flatMap(([way, given]) => (given === undefined ? [] : [way]));
    return new WrongLogin(
      `the server refused the login of ${connection.user} (tried: ${tried.join(", ") || "nothing"})`,
    );
  }
  return error;
}
