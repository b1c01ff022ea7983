import cookie from "@fastify/cookie";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import * as z from "zod/mini";
import type { Environment } from "./environment";
import { Problem, wrong } from "./problem";

/** The one login for people, and the key that signs their sessions. */
export interface LoginSettings {
  readonly user: string;
  readonly password: string;
  /** Services with the same key take each other's sessions. */
  readonly sessionKey: string;
}

/** Reads DASHBOARD_USER, DASHBOARD_PASSWORD and SESSION_KEY. */
export function loginSettings(environment: Environment): LoginSettings {
  return {
    user: environment.text("DASHBOARD_USER"),
    password: environment.text("DASHBOARD_PASSWORD"),
    sessionKey: environment.text("SESSION_KEY"),
  };
}

export const SESSION_COOKIE = "inaetics_session";
const SESSION_MS = 12 * 3600 * 1000;

const bodySchema = z.object({ user: z.string(), password: z.string() });

/**
 * Login for people. Scripts use HTTP Basic. Pages use a session in a signed cookie; their changing calls also need the
 * session's token in the header X-CSRF-Token. No state is kept, so that any instance accepts any session.
 */
export class Login {
  private readonly failures: FailureLimit;

  constructor(
    private readonly settings: LoginSettings,
    limit = new FailureLimit(5, 60_000),
  ) {
    this.failures = limit;
  }

  /** Adds `<prefix>/session`: GET returns the user that is logged in, POST logs in, DELETE logs out. */
  routes(server: FastifyInstance, prefix: string): void {
    server.register(cookie, { secret: this.settings.sessionKey });
    const path = `${prefix}/session`;
    server.post(path, (request, reply) => this.open(request, reply));
    server.get(path, { onRequest: this.guard }, (request) => this.describe(this.session(request)));
    server.delete(path, { onRequest: this.guard }, (_request, reply) =>
      reply.clearCookie(SESSION_COOKIE, { path: "/" }).code(204).send(),
    );
  }

  /** Hook that lets only logged-in callers pass: 401, 429 after too many failures, 403 without the session's token. */
  readonly guard = async (request: FastifyRequest): Promise<void> => {
    const basic = basicLogin(request.headers.authorization);
    if (basic !== undefined) {
      this.check(request, basic.user, basic.password);
      return;
    }
    const session = this.session(request);
    if (session === undefined) throw refused("log in first, or send the login with HTTP Basic");
    if (request.method === "GET" || request.method === "HEAD") return;
    const token = request.headers["x-csrf-token"];
    if (typeof token !== "string" || !same(token, this.token(session))) {
      throw new Problem(403, "X-CSRF-Token: missing or wrong; send the csrfToken that the session was opened with");
    }
  };

  private async open(request: FastifyRequest, reply: FastifyReply): Promise<object> {
    const body = z.safeParse(bodySchema, request.body);
    if (!body.success) throw wrong(`the body must be JSON such as {"user": "...", "password": "..."}`);
    this.check(request, body.data.user, body.data.password);
    const session = `${Date.now() + SESSION_MS}.${randomBytes(12).toString("base64url")}`;
    reply.setCookie(SESSION_COOKIE, session, {
      path: "/",
      httpOnly: true,
      sameSite: "strict",
      secure: request.protocol === "https",
      signed: true,
      maxAge: SESSION_MS / 1000,
    });
    return this.describe(session);
  }

  private describe(session: string | undefined): object {
    return { user: this.settings.user, csrfToken: session === undefined ? "" : this.token(session) };
  }

  /** Returns the session of the request's cookie. Undefined when it is missing, forged or has ended. */
  private session(request: FastifyRequest): string | undefined {
    const signed = request.cookies[SESSION_COOKIE];
    if (signed === undefined) return undefined;
    const { valid, value } = request.unsignCookie(signed);
    return valid && Number(value.split(".")[0]) > Date.now() ? value : undefined;
  }

  private token(session: string): string {
    return createHmac("sha256", this.settings.sessionKey).update(`csrf ${session}`).digest("base64url");
  }

  private check(request: FastifyRequest, user: string, password: string): void {
    const seconds = this.failures.blocked(request.ip, Date.now());
    if (seconds > 0) {
      const detail = `too many failed logins from ${request.ip}; try again in ${seconds} s`;
      throw new Problem(429, detail, { "retry-after": String(seconds) });
    }
    // Both are compared in any case, so that the time does not reveal which one was wrong.
    const [rightUser, rightPassword] = [same(user, this.settings.user), same(password, this.settings.password)];
    if (rightUser && rightPassword) return;
    this.failures.add(request.ip, Date.now());
    throw refused("user or password is wrong");
  }
}

/** Counts failures by address over a sliding time. */
export class FailureLimit {
  private readonly failures = new Map<string, number[]>();

  /** Blocks an address after `most` failures within `windowMs`, until the oldest of them is that old. */
  constructor(
    private readonly most: number,
    private readonly windowMs: number,
    private readonly mostAddresses = 10_000,
  ) {}

  /** Returns the seconds for which the address is still blocked; 0 when it is not. */
  blocked(address: string, now: number): number {
    const recent = this.recent(address, now);
    const oldest = recent[recent.length - this.most];
    return oldest === undefined ? 0 : Math.max(1, Math.ceil((oldest + this.windowMs - now) / 1000));
  }

  add(address: string, now: number): void {
    const recent = [...this.recent(address, now), now];
    this.failures.delete(address);
    this.failures.set(address, recent);
    const [longestSilent] = this.failures.keys();
    if (this.failures.size > this.mostAddresses && longestSilent !== undefined) this.failures.delete(longestSilent);
  }

  private recent(address: string, now: number): number[] {
    return (this.failures.get(address) ?? []).filter((at) => at > now - this.windowMs);
  }
}

/** Sends no challenge for Basic: a browser would ask for the password in its own window, then send it everywhere. */
function refused(detail: string): Problem {
  return new Problem(401, detail, { "www-authenticate": 'Session realm="inaetics"' });
}

function basicLogin(header: string | undefined): { user: string; password: string } | undefined {
  const match = /^Basic +([A-Za-z0-9+/=_-]+)$/i.exec(header ?? "");
  if (match === null) return undefined;
  const text = Buffer.from(match[1] ?? "", "base64").toString("utf8");
  const at = text.indexOf(":");
  return at === -1 ? { user: text, password: "" } : { user: text.slice(0, at), password: text.slice(at + 1) };
}

function same(given: string, expected: string): boolean {
  const [one, other] = [given, expected].map((text) => createHash("sha256").update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}
