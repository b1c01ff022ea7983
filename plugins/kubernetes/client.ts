/** Requests to the API server over kept-alive connections: JSON in, JSON out, retried where that is safe. */
import * as http from "node:http";
import * as https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiError, codeOf, Unreachable } from "./errors";
import { Connection } from "./kubeconfig";
import { KubeObject } from "./objects";

export interface Request {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Absolute path below the server's URL, e.g. "/api/v1/namespaces". */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** Gets what the API server warns of, e.g. that an API is deprecated. */
  readonly onWarning?: (message: string) => void;
}

/** What other modules need of the client; tests give their own. */
export interface Api {
  /** @throws ApiError, Unreachable, or the signal's reason */
  request(request: Request): Promise<KubeObject>;
}

const connectSeconds = 5;
const answerSeconds = 35;
const retryDelays: readonly number[] = [200, 500, 1000];
/**
 * How long a server that was found unreachable is not tried again, so that many resources fail at once and not each in
 * its turn: shortly where it is only not running, longer where the host does not even answer.
 */
const givenUpMs = { refused: 5_000, silent: 60_000 };

export class ApiClient implements Api {
  private readonly agent: http.Agent;
  private givenUp: { error: Unreachable; until: number } | undefined;

  constructor(private readonly connection: Connection) {
    const options = { keepAlive: true, maxSockets: 24 };
    this.agent =
      connection.server.protocol === "http:"
        ? new http.Agent(options)
        : new https.Agent({ ...options, ...connection.tls });
  }

  async request(request: Request): Promise<KubeObject> {
    if (this.givenUp && Date.now() < this.givenUp.until) throw this.givenUp.error;
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await this.once(request);
        this.givenUp = undefined;
        return answer;
      } catch (error) {
        const delay = retryDelays[attempt];
        if (delay === undefined || !mayRetry(error, request)) throw this.remember(error);
        await sleep(delay, undefined, { signal: request.signal });
      }
    }
  }

  private remember(error: unknown): unknown {
    if (error instanceof Unreachable) {
      const refused = ["ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(codeOf(error.cause));
      this.givenUp = { error, until: Date.now() + (refused ? givenUpMs.refused : givenUpMs.silent) };
    }
    return error;
  }

  private once(request: Request): Promise<KubeObject> {
    request.signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const fail = (error: Error) =>
        reject(request.signal?.aborted ? (request.signal.reason as Error) : new Unreachable(this.origin(), error));
      const body = request.body === undefined ? undefined : JSON.stringify(request.body);
      const call = this.open(request, body, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", fail);
        response.on("end", () => settle(request, response, Buffer.concat(chunks).toString(), resolve, reject));
      });
      call.on("error", fail);
      limit(call);
      call.end(body);
    });
  }

  private open(
    request: Request,
    body: string | undefined,
    onResponse: (response: http.IncomingMessage) => void,
  ): http.ClientRequest {
    const { server } = this.connection;
    const query = new URLSearchParams(request.query).toString();
    const prefix = server.pathname.replace(/\/$/, "");
    const token = this.connection.token();
    const options: https.RequestOptions = {
      agent: this.agent,
      host: server.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: server.port || undefined,
      method: request.method,
      path: prefix + request.path + (query === "" ? "" : `?${query}`),
      signal: request.signal,
      headers: {
        accept: "application/json",
        "user-agent": "pulumi-kubernetes",
        ...(body === undefined ? {} : bodyHeaders(request, body)),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    };
    return server.protocol === "http:" ? http.request(options, onResponse) : https.request(options, onResponse);
  }

  private origin(): string {
    return this.connection.server.origin;
  }
}

/** The length too: Node does not send it with DELETE, and the server would take the body for the next request. */
function bodyHeaders(request: Request, body: string): http.OutgoingHttpHeaders {
  return { "content-type": request.contentType ?? "application/json", "content-length": Buffer.byteLength(body) };
}

function settle(
  request: Request,
  response: http.IncomingMessage,
  content: string,
  resolve: (object: KubeObject) => void,
  reject: (error: Error) => void,
): void {
  const code = response.statusCode ?? 0;
  for (const warning of warnings(response)) request.onWarning?.(warning);
  const object = parseObject(content);
  if (code >= 200 && code < 300) {
    resolve(object);
    return;
  }
  reject(new ApiError(code, failureStatus(code, object, content), `${request.method} ${request.path}`));
}

function failureStatus(code: number, object: KubeObject, content: string): KubeObject {
  if (code === 401) {
    return { ...object, message: "the API server does not accept the kubeconfig's credentials (401 Unauthorized)" };
  }
  return object["message"] === undefined && content !== "" ? { ...object, message: content.slice(0, 500) } : object;
}

function parseObject(content: string): KubeObject {
  try {
    const value = JSON.parse(content) as unknown;
    return typeof value === "object" && value !== null ? (value as KubeObject) : {};
  } catch {
    return {};
  }
}

/** `Warning: 299 - "text"` headers. */
function warnings(response: http.IncomingMessage): string[] {
  const header = response.headers["warning"];
  const lines = header === undefined ? [] : [header].flat();
  return lines.flatMap((line) => [...line.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? ""));
}

/** A host that swallows packets must not hold a whole update for the system's minutes. */
function limit(call: http.ClientRequest): void {
  const expire = (what: string, seconds: number) => () => call.destroy(new Error(`${what} within ${seconds} s`));
  const connecting = setTimeout(expire("no connection", connectSeconds), connectSeconds * 1000);
  call.on("socket", (socket) => {
    if (socket.connecting) socket.once("connect", () => clearTimeout(connecting));
    else clearTimeout(connecting);
  });
  call.on("close", () => clearTimeout(connecting));
  call.setTimeout(answerSeconds * 1000, expire("no answer", answerSeconds));
}

/** Everything but POST has the same effect when it is done twice; a refused connection has had none. */
function mayRetry(error: unknown, request: Request): boolean {
  if (request.signal?.aborted) return false;
  if (error instanceof ApiError) return error.code === 429 || error.code === 503 || isPassing(error);
  if (!(error instanceof Unreachable)) return false;
  const code = codeOf(error.cause);
  return code === "ECONNREFUSED" || (request.method !== "POST" && ["ECONNRESET", "EPIPE"].includes(code));
}

/** etcd elects a leader, or the API server is still starting. */
function isPassing(error: ApiError): boolean {
  return error.code >= 500 && /leader changed|etcdserver: request timed out|not yet ready/i.test(error.message);
}
