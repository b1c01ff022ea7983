/** command:remote:Command: runs scripts on another machine, over ssh. */
import { Client, ClientChannel } from "ssh2";
import { Cancelled, Context } from "../lib";
import { commandResource } from "./command";
import { NotOpened, withConnection } from "./connection";
import { checkConnection, connectionOf } from "./dial";
import { Capture, Output, Script, ScriptFailed } from "./run";

/** Milliseconds for which a process that was left behind may still hold the output, as for local commands. */
const outputGrace = 1000;
/** Milliseconds from asking the server to end the command to a harder way, and from there to giving up. */
const killGrace = [1000, 4000] as const;

/** Number of commands on a connection: ending commands by their common parent must not end another one. */
const running = new WeakMap<Client, number>();

export const remoteCommand = commandResource({
  inputs: ["connection"],
  check: (inputs) => checkConnection(inputs["connection"]),
  runner: (inputs) => {
    const connection = connectionOf(inputs["connection"]);
    return (script, context) => withConnection(connection, context, (client) => runOn(client, script, context));
  },
});

async function runOn(client: Client, script: Script, context: Context): Promise<Output> {
  context.signal.throwIfAborted();
  const { channel, end } = await open(client, script);
  const capture = new Capture(script.logging, context.log);
  channel.on("data", (chunk: Buffer) => capture.add("stdout", chunk));
  channel.stderr.on("data", (chunk: Buffer) => capture.add("stderr", chunk));
  channel.on("error", () => undefined);
  channel.end(script.stdin ?? "");
  running.set(client, (running.get(client) ?? 0) + 1);
  try {
    const ending = await Promise.race([end, endedByAbort(client, channel, context.signal)]);
    const output = capture.end();
    if (context.signal.aborted) throw new ScriptFailed((context.signal.reason as Error).message, script, output);
    if (ending !== undefined) throw new ScriptFailed(ending, script, output);
    return output;
  } finally {
    running.set(client, (running.get(client) ?? 1) - 1);
  }
}

/**
 * Ends the command once the signal is aborted. Resolves only when the command did not end. A server confirms the
 * closing of a channel only after the command has ended.
 */
function endedByAbort(client: Client, channel: ClientChannel, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const abort = () => {
      sendTerminate(client, channel);
      const harder = setTimeout(() => {
        const others = (running.get(client) ?? 0) > 1;
        if (!others || signal.reason instanceof Cancelled) client.exec(killSiblings, () => undefined);
      }, killGrace[0]);
      const giveUp = setTimeout(() => {
        channel.close();
        resolve("the command may still be running on the other machine");
      }, killGrace[0] + killGrace[1]);
      channel.once("close", () => [harder, giveUp].forEach(clearTimeout));
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    channel.once("close", () => signal.removeEventListener("abort", abort));
  });
}

/** OpenSSH delivers no signals to commands of root, so a second command ends the sessions of this connection. */
const killSiblings = `for stat in /proc/[0-9]*/stat; do
  read -r line < "$stat" || continue
  pid=\${line%% *}
  set -- \${line##*) }
  [ "$2" != "$PPID" ] || [ "$pid" = "$$" ] || kill -TERM "-$pid"
done 2>/dev/null`;

/**
 * Sends TERM. ssh2's own `channel.signal` does nothing after standard input has ended, although the protocol allows it
 * until the close.
 */
function sendTerminate(client: Client, channel: ClientChannel): void {
  const { _protocol: protocol } = client as unknown as { _protocol: { signal(channel: number, name: string): void } };
  const { outgoing } = channel as unknown as { outgoing: { id: number; state: string } };
  if (outgoing.state === "open" || outgoing.state === "eof") protocol.signal(outgoing.id, "TERM");
}

/** A command that has begun, and its end. */
interface Begun {
  readonly channel: ClientChannel;
  readonly end: Promise<string | undefined>;
}

function open(client: Client, script: Script): Promise<Begun> {
  return new Promise((resolve, reject) => {
    const lost = () => reject(new NotOpened("the connection was lost"));
    client.once("close", lost);
    const done = (error: Error | undefined, channel: ClientChannel) => {
      client.removeListener("close", lost);
      if (error) reject(new NotOpened(error.message));
      // Listen at once: a short command's end may be in the same packet as its beginning.
      else resolve({ channel, end: ended(channel) });
    };
    try {
      client.exec(script.text, { env: { ...script.environment } }, done);
    } catch (error) {
      client.removeListener("close", lost);
      reject(new NotOpened((error as Error).message));
    }
  });
}

/** Resolves after the script has ended and its output was read. Returns the problem; undefined for none. */
function ended(channel: ClientChannel): Promise<string | undefined> {
  return new Promise((resolve) => {
    let ending: string | undefined = "the connection was lost while the command ran";
    let late: NodeJS.Timeout | undefined;
    channel.on("exit", (code: number | null, signal?: string) => {
      ending = code === null ? `ended by SIG${signal ?? "?"}` : code !== 0 ? `exit status ${code}` : undefined;
      late = setTimeout(() => channel.close(), outputGrace);
    });
    channel.on("close", () => {
      clearTimeout(late);
      resolve(ending);
    });
  });
}
