/** command:remote:Command: scripts that run on another machine, over ssh. */
import { Client, ClientChannel } from "ssh2";
import { Context } from "../lib";
import { commandResource } from "./command";
import { NotOpened, withConnection } from "./connection";
import { checkConnection, connectionOf } from "./dial";
import { Capture, Output, Script, ScriptFailed } from "./run";

/** As for local commands: what a process that was left behind may still hold the output (ms). */
const outputGrace = 1000;
/** From the friendly signal to closing the channel (ms). */
const killGrace = 5000;

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
  const channel = await open(client, script);
  const capture = new Capture(script.logging, context.log);
  channel.on("data", (chunk: Buffer) => capture.add("stdout", chunk));
  channel.stderr.on("data", (chunk: Buffer) => capture.add("stderr", chunk));
  channel.on("error", () => undefined);
  channel.end(script.stdin ?? "");
  let forced: NodeJS.Timeout | undefined;
  const abort = () => {
    sendTerminate(client, channel);
    forced = setTimeout(() => channel.destroy(), killGrace);
  };
  context.signal.addEventListener("abort", abort, { once: true });
  try {
    const ending = await ended(channel);
    const output = capture.end();
    if (context.signal.aborted) throw new ScriptFailed((context.signal.reason as Error).message, script, output);
    if (ending !== undefined) throw new ScriptFailed(ending, script, output);
    return output;
  } finally {
    context.signal.removeEventListener("abort", abort);
    clearTimeout(forced);
  }
}

/** ssh2's own `channel.signal` is silent once standard input has ended, although the protocol allows it until the close. */
function sendTerminate(client: Client, channel: ClientChannel): void {
  const { _protocol: protocol } = client as unknown as { _protocol: { signal(channel: number, name: string): void } };
  const { outgoing } = channel as unknown as { outgoing: { id: number; state: string } };
  if (outgoing.state === "open" || outgoing.state === "eof") protocol.signal(outgoing.id, "TERM");
}

function open(client: Client, script: Script): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const lost = () => reject(new NotOpened("the connection was lost"));
    client.once("close", lost);
    const done = (error: Error | undefined, channel: ClientChannel) => {
      client.removeListener("close", lost);
      if (error) reject(new NotOpened(error.message));
      else resolve(channel);
    };
    try {
      client.exec(script.text, { env: { ...script.environment } }, done);
    } catch (error) {
      client.removeListener("close", lost);
      reject(new NotOpened((error as Error).message));
    }
  });
}

/** Resolves with what went wrong, if anything, once the script has ended and its output has been read. */
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
