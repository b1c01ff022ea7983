/** Docker's HTTP interface: at a unix socket, at a TCP address, or behind ssh (`docker system dial-stdio`). */
import * as http from "node:http";
import * as https from "node:https";
import type { Readable } from "node:stream";
import { text as readText } from "node:stream/consumers";
import { bridge } from "./ssh";

/** Address of the daemon, from the provider's settings. */
export interface DaemonAddress {
  /** `unix:///path`, `tcp://host:port`, `ssh://user@host:port`; undefined for the usual socket. */
  readonly host: string | undefined;
  readonly sshOptions: readonly string[];
  /** PEM texts for a TCP address with TLS. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined;
}

export interface Request {
  readonly method: "GET" | "POST";
  /** Path with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable | string;
}

/** The daemon's message about a request that it refused. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** One JSON object of a build's or push's progress stream. */
export interface Progress {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
  readonly aux?: { readonly ID?: string; readonly Digest?: string };
}

interface Target {
  readonly options: http.RequestOptions | https.RequestOptions;
  readonly secure: boolean;
  /** Returns why the daemon could not be reached; undefined when the socket's own error is all that is known. */
  readonly explain: () => string | undefined;
}

export class Daemon {
  private target: Promise<Target> | undefined;

  constructor(private readonly address: DaemonAddress) {}

  /** Returns the answer's text; throws Refused for a status of 400 or more. */
  async call(request: Request, signal: AbortSignal): Promise<string> {
    return readText(await this.open(request, signal));
  }

  /** Passes on each progress object as it arrives. Throws Refused for a status of 400 or more. */
  async follow(request: Request, signal: AbortSignal, each: (progress: Progress) => void): Promise<void> {
    const answer = await this.open(request, signal);
    let rest = "";
    for await (const chunk of answer.setEncoding("utf8")) {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") each(JSON.parse(line) as Progress);
    }
    if (rest.trim() !== "") each(JSON.parse(rest) as Progress);
  }

  private async open(request: Request, signal: AbortSignal): Promise<http.IncomingMessage> {
    this.target ??= targetOf(this.address);
    const target = await this.target;
    const answer = await send(target, request, signal).catch((error: unknown) => {
      if (signal.aborted) throw signal.reason;
      const host = this.address.host ?? "unix:///var/run/docker.sock";
      throw new Error(`cannot reach the docker daemon at ${host}: ${target.explain() ?? reason(error)}`);
    });
    if ((answer.statusCode ?? 0) < 400) return answer;
    throw new Refused(answer.statusCode ?? 0, messageOf(await readText(answer)));
  }
}

function send(target: Target, request: Request, signal: AbortSignal): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body } = request;
    const options = { ...target.options, method, path, headers: { ...headers }, signal };
    const outgoing = target.secure ? https.request(options) : http.request(options);
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
    if (body === undefined || typeof body === "string") {
      outgoing.end(body);
      return;
    }
    body.on("error", (error) => outgoing.destroy(error));
    // A daemon that refuses a build answers before it has read the whole context.
    body.pipe(outgoing);
  });
}

async function targetOf({ host, sshOptions, tls }: DaemonAddress): Promise<Target> {
  const explain = () => undefined;
  if (host === undefined || host.startsWith("unix://")) {
    const socketPath = host?.slice("unix://".length) ?? "/var/run/docker.sock";
    return { options: { socketPath }, secure: false, explain };
  }
  const url = new URL(host);
  if (url.protocol === "ssh:") {
    const { socketPath, lastError } = await bridge(url, sshOptions);
    return { options: { socketPath }, secure: false, explain: lastError };
  }
  const options = { host: url.hostname, port: url.port || (tls ? 2376 : 2375), ...tls };
  return { options, secure: tls !== undefined, explain };
}

function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: string };
    return message ?? body;
  } catch {
    return body.trim();
  }
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "the socket does not exist; start the docker daemon";
  if (code === "EACCES") return "no permission; add this user to the group docker";
  return message;
}
