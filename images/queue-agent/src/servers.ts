/**
 * Moves streams between the brokers' servers, for scripts on the controller (`kubectl exec ... node /app/main.js VERB`).
 * Each call is one step, which can be repeated: exit code 0 means done, 1 not yet, with the reason in one line.
 */
import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { messageWithCause } from "@inaetics/base";
import { brokerAccess, Environment } from "@inaetics/service";
import { LIMIT_FILE } from "./limit";
import { above, incomplete, leaving, placementOf, withEarlier, type Placement } from "./placement";

const REQUEST_MS = 10_000;
/** Number of readings of a stream with a late copy, and the time between two. */
const [READINGS, READING_MS] = [20, 50];

/** Result of a step: undefined when it is done, otherwise the reason why not. */
type Rest = string | undefined;

/** Reads the places of all streams, also of those that other services own. */
async function placements(manager: JetStreamManager): Promise<readonly Placement[]> {
  const all: Placement[] = [];
  // Each is asked for itself, because a list has no answer of streams without a leader.
  for await (const name of manager.streams.names()) all.push(await placement(manager, name));
  return all;
}

/** Reads the places of a stream's copies, several times while one is late. */
async function placement(manager: JetStreamManager, stream: string): Promise<Placement> {
  let seen: Placement | undefined;
  for (let readings = 1; ; readings++) {
    seen = withEarlier(placementOf(await manager.streams.info(stream)), seen);
    if (seen.moving || incomplete(seen) === undefined || readings === READINGS) return seen;
    await sleep(READING_MS);
  }
}

function firstIncomplete(all: readonly Placement[], without?: string): Rest {
  return all.map((each) => incomplete(each, without)).find((problem) => problem !== undefined);
}

/** Checks that every stream is current on all its servers, or without one that is lost. */
export async function whole(manager: JetStreamManager, without?: string): Promise<Rest> {
  return firstIncomplete(await placements(manager), without);
}

/** Starts to move the streams from a server to others. They are copied first; the server's copy goes last. */
export async function evacuate(
  connection: NatsConnection,
  manager: JetStreamManager,
  server: string,
  servers: number,
): Promise<Rest> {
  const all = await placements(manager);
  const here = leaving(all, server, servers);
  if (here.length === 0) return firstIncomplete(all);
  for (const { stream } of here.filter((each) => !each.moving)) {
    await ask(connection, `$JS.API.STREAM.PEER.EVACUATE.${stream}`, { peer: server });
  }
  return `${here.map(({ stream }) => stream).join(", ")} still on ${server}`;
}

/** Lowers the number of copies of every stream. */
export async function lower(manager: JetStreamManager, most: number): Promise<Rest> {
  const all = await placements(manager);
  const high = above(all, most);
  // Only of a stream that is whole: the copies that are dropped may otherwise be the current ones.
  for (const { stream } of high.filter((each) => incomplete(each) === undefined)) {
    const { config } = await manager.streams.info(stream);
    await manager.streams.update(stream, { ...config, num_replicas: most });
  }
  if (high.length === 0) return firstIncomplete(all);
  return `${high.map(({ stream }) => stream).join(", ")} had more than ${most} copies`;
}

/**
 * Takes a server that has ended out of the group that agrees on streams. Needs the login of the brokers' system. Only the
 * group's leader answers. While the group elects one nobody does, so the time limit is short and the step is repeated.
 */
export async function forget(connection: NatsConnection, server: string): Promise<Rest> {
  const error = await ask(connection, "$JS.API.SERVER.REMOVE", { peer: server }, 2000).catch(messageWithCause);
  return error === undefined || /not a member/.test(error) ? undefined : error;
}

async function ask(
  connection: NatsConnection,
  subject: string,
  request: object,
  timeout = REQUEST_MS,
): Promise<undefined> {
  const answer = await connection.request(subject, JSON.stringify(request), { timeout });
  const { error } = answer.json<{ readonly error?: { readonly description?: string } }>();
  if (error !== undefined) throw new Error(error.description ?? "the broker refuses");
  return undefined;
}

/** Runs a verb; returns the exit code. */
export async function runVerb([verb = "", server = "", count = ""]: readonly string[]): Promise<number> {
  const environment = new Environment(process.env);
  const { servers, user, password } = brokerAccess(environment);
  const system = verb === "forget";
  const login = system
    ? { user: environment.text("NATS_SYSTEM_USER"), pass: environment.text("NATS_SYSTEM_PASSWORD") }
    : { user, pass: password };
  environment.check();
  const connection = await connect({ servers: [...servers], name: `queue-agent-${verb}`, timeout: 5000, ...login });
  try {
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: REQUEST_MS });
    const steps: Readonly<Record<string, () => Promise<Rest>>> = {
      whole: () => whole(manager, server === "" ? undefined : server),
      evacuate: () => evacuate(connection, manager, server, Number(count)),
      lower: () => {
        // Keeps the agent of this pod from raising the number again.
        writeFileSync(LIMIT_FILE, server);
        return lower(manager, Number(server));
      },
      forget: () => forget(connection, server),
    };
    const step = steps[verb];
    if (step === undefined) throw new Error(`got "${verb}"; allowed: ${Object.keys(steps).join(", ")}`);
    const rest = await step();
    if (rest !== undefined) console.log(rest);
    return rest === undefined ? 0 : 1;
  } finally {
    await connection.close();
  }
}
