/** The login of people: Basic, sessions, CSRF and the limit on failures. Not proven here: that a browser keeps the cookie. */
import { expect } from "chai";
import * as fc from "fast-check";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { createServer, FailureLimit, Login, SESSION_COOKIE } from "@inaetics/service";
import { basicLogin } from "../support/http";

const settings = { user: "admin", password: "pässword:with:colons", sessionKey: "k".repeat(32) };

describe("login", () => {
  let server: FastifyInstance;
  let changes = 0;

  beforeEach(() => {
    process.env["LOG_LEVEL"] = "silent";
    changes = 0;
    server = createServer({ unhealthy: () => undefined, unready: () => undefined, metrics: () => [] });
    const login = new Login(settings);
    login.routes(server, "/client");
    server.get("/things", { onRequest: login.guard }, async () => ["thing"]);
    server.post("/things", { onRequest: login.guard }, async () => ({ changes: ++changes }));
  });
  afterEach(() => server.close());

  const basic = (user: string, password: string): { authorization: string } => ({
    authorization: basicLogin(user, password),
  });
  const open = async (password = settings.password): Promise<{ status: number; cookie: string; token: string }> => {
    const body = { user: settings.user, password };
    const answer = await server.inject({ method: "POST", url: "/client/session", payload: body });
    const { value = "" } = answer.cookies.find((each) => each.name === SESSION_COOKIE) ?? {};
    const { csrfToken = "" } = answer.json<{ csrfToken?: string }>();
    return { status: answer.statusCode, cookie: `${SESSION_COOKIE}=${encodeURIComponent(value)}`, token: csrfToken };
  };

  it("accepts Basic, and refuses everything else with 401 and without a challenge for Basic", async () => {
    const good = await server.inject({ url: "/things", headers: basic(settings.user, settings.password) });
    expect(good.statusCode).to.equal(200);
    const headers = [{}, basic("admin", "no"), basic("x", settings.password), { authorization: "Bearer x" }];
    for (const each of [...headers, { cookie: `${SESSION_COOKIE}=1.x.y` }]) {
      const answer = await server.inject({ url: "/things", headers: each });
      expect(answer.statusCode).to.equal(401);
      expect(answer.headers["www-authenticate"]).to.match(/^Session/);
      expect(answer.headers["content-type"]).to.include("application/problem+json");
      expect(answer.json()).to.include({ title: "Unauthorized", status: 401 });
    }
  });

  it("keeps a session in a cookie that scripts of the page cannot read", async () => {
    const answer = await server.inject({
      method: "POST",
      url: "/client/session",
      payload: { user: settings.user, password: settings.password },
    });
    expect(answer.headers["set-cookie"]).to.match(/; Path=\/; HttpOnly; SameSite=Strict$/);
    const { cookie, token } = await open();
    const shown = await server.inject({ url: "/client/session", headers: { cookie } });
    expect(shown.json()).to.deep.equal({ user: "admin", csrfToken: token });
    expect((await server.inject({ url: "/things", headers: { cookie } })).statusCode).to.equal(200);
  });

  it("changes nothing for a page without the session's own token", async () => {
    const one = await open();
    const other = await open();
    const post = (headers: Record<string, string>): Promise<{ statusCode: number }> =>
      server.inject({ method: "POST", url: "/things", headers });
    expect((await post({ cookie: one.cookie })).statusCode).to.equal(403);
    expect((await post({ cookie: one.cookie, "x-csrf-token": other.token })).statusCode).to.equal(403);
    expect(changes).to.equal(0);
    expect((await post({ cookie: one.cookie, "x-csrf-token": one.token })).statusCode).to.equal(200);
    expect((await post(basic(settings.user, settings.password))).statusCode).to.equal(200);
  });

  it("ends the session in the browser on request, which needs the token as well", async () => {
    const { cookie, token } = await open();
    const end = (headers: Record<string, string>): Promise<LightMyRequestResponse> =>
      server.inject({ method: "DELETE", url: "/client/session", headers });
    expect((await end({ cookie })).statusCode).to.equal(403);
    const ended = await end({ cookie, "x-csrf-token": token });
    expect(ended.statusCode).to.equal(204);
    expect(ended.headers["set-cookie"]).to.match(/^inaetics_session=; .*Expires=Thu, 01 Jan 1970/);
  });

  it("refuses a cookie that was changed, signed with another key, or has ended", async () => {
    const { cookie } = await open();
    const changed = cookie.replace(/=(\d)/, (_, digit: string) => `=${(Number(digit) + 1) % 10}`);
    expect((await server.inject({ url: "/things", headers: { cookie: changed } })).statusCode).to.equal(401);
    const past = `${SESSION_COOKIE}=${encodeURIComponent(server.signCookie("1000.abc"))}`;
    expect((await server.inject({ url: "/things", headers: { cookie: past } })).statusCode).to.equal(401);
  });

  it("refuses an address after five failures within a minute, even with the right password", async () => {
    for (let tries = 0; tries < 5; tries++) expect((await open("wrong")).status).to.equal(401);
    const answer = await server.inject({ url: "/things", headers: basic(settings.user, settings.password) });
    expect(answer.statusCode).to.equal(429);
    expect(Number(answer.headers["retry-after"])).to.be.within(1, 60);
    expect((await open()).status).to.equal(429);
    const elsewhere = await server.inject({
      url: "/things",
      headers: basic(settings.user, settings.password),
      remoteAddress: "10.0.0.9",
    });
    expect(elsewhere.statusCode).to.equal(200);
  });

  it("describes the required body", async () => {
    for (const payload of [{}, { user: 1, password: "x" }, []]) {
      const answer = await server.inject({ method: "POST", url: "/client/session", payload });
      expect(answer.statusCode).to.equal(400);
      expect(answer.json<{ detail: string }>().detail).to.include(`"password"`);
    }
  });

  it("limits failures by address and time, and remembers few addresses", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.nat(20_000)), { maxLength: 60 }), (steps) => {
        const limit = new FailureLimit(5, 60_000);
        const all: { address: string; at: number }[] = [];
        let now = 0;
        for (const [address, wait] of steps) {
          now += wait;
          const count = all.filter((each) => each.address === address && each.at > now - 60_000).length;
          expect(limit.blocked(address, now) > 0).to.equal(count >= 5);
          if (count >= 5) continue;
          limit.add(address, now);
          all.push({ address, at: now });
        }
      }),
    );
    const few = new FailureLimit(1, 1000, 2);
    for (const address of ["a", "b", "c"]) few.add(address, 0);
    expect(["a", "b", "c"].map((address) => few.blocked(address, 1) > 0)).to.deep.equal([false, true, true]);
  });
});
