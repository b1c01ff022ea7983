/// <reference lib="dom" />
/** Calls of a page to its server. A refused call becomes a Problem with the server's reason. */

/** Longest time for an answer. */
const ANSWER_MS = 20_000;

/** Call that failed. Status 0 when no answer came. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Seconds after which the call may be repeated; 0 when the server names none. */
    readonly retryAfter = 0,
  ) {
    super(message);
  }
}

export interface Session {
  readonly user: string;
  readonly csrfToken: string;
}

export class SessionApi {
  protected csrfToken = "";

  /** `path` is the address that opens sessions. `signedOut` is called when the server no longer accepts the session. */
  constructor(
    private readonly path: string,
    private readonly signedOut: () => void,
  ) {}

  /** Returns the session of the browser's cookie. Undefined when the server refuses it. Throws when no answer comes. */
  async session(): Promise<Session | undefined> {
    try {
      return this.keep((await this.call("GET", this.path)) as Session);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return undefined;
      throw error;
    }
  }

  async login(user: string, password: string): Promise<Session> {
    return this.keep((await this.call("POST", this.path, { user, password })) as Session);
  }

  async logout(): Promise<void> {
    await this.send("DELETE", this.path);
    this.csrfToken = "";
  }

  async get<T>(address: string): Promise<T> {
    return (await this.guarded(() => this.call("GET", address))) as T;
  }

  async send(method: "PUT" | "POST" | "DELETE", address: string, body?: object): Promise<unknown> {
    return this.guarded(() => this.call(method, address, body));
  }

  protected async guarded<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call().catch(async (error: unknown) => {
        // A login in another window or on the other site made a session with another token.
        const renewed = error instanceof Problem && error.status === 403 && (await this.session()) !== undefined;
        if (renewed) return call();
        throw error;
      });
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.signedOut();
      throw error;
    }
  }

  private keep(session: Session): Session {
    this.csrfToken = session.csrfToken;
    return session;
  }

  private async call(method: string, address: string, body?: object): Promise<unknown> {
    const headers: Record<string, string> = { accept: "application/json" };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (method !== "GET") headers["x-csrf-token"] = this.csrfToken;
    let response: Response;
    let text: string;
    try {
      response = await fetch(address, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        cache: "no-store",
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      text = await response.text();
    } catch {
      throw new Problem(0, "the server does not answer, and may not have received the request; try again in a moment");
    }
    if (!response.ok) throw problemOf(response.status, text, response.headers.get("retry-after"));
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  }
}

/** Makes a Problem with the server's reason, or with the status when it gave none. */
export function problemOf(status: number, body: string, retryAfter: string | null): Problem {
  return new Problem(status, detailOf(body) ?? `the server answered ${status}`, Number(retryAfter ?? 0) || 0);
}

function detailOf(body: string): string | undefined {
  try {
    const { detail, title } = JSON.parse(body) as { readonly detail?: unknown; readonly title?: unknown };
    return [detail, title].find((each): each is string => typeof each === "string" && each !== "");
  } catch {
    return undefined;
  }
}
