/**
 * etcd's users as the boxes' own script makes them, and the rights of each through the JSON gateway, which agents in
 * Java and C use. Does not prove: that the box runs the script (tests/cluster).
 */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import * as path from "node:path";
import { expect } from "chai";
import { Etcd } from "../support/etcd";
import { EtcdUsers, Registrant } from "./registrants";
import { eventually } from "../support/eventually";

interface Files {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

const alpha = "/inaetics/node-agent-service/alpha";

describe("etcd's JSON gateway", function () {
  this.timeout(60_000);
  let etcd: Etcd;
  let users: EtcdUsers;
  let folder: string;
  let registrant: Registrant;
  /** Files of client certificates: one without a name, and those of two users. */
  let nameless: Files;
  let asInaetics: Files;
  let asRoot: Files;
  const text = (plain: string): string => Buffer.from(plain).toString("base64");
  const call = (
    address: string,
    body: object,
    token?: string,
    client: object = nameless,
  ): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const headers = token === undefined ? {} : { Authorization: token };
      const options = { method: "POST", headers, ...client, agent: false };
      const sent = request(new URL(address, etcd.endpoint), options, (answer) => {
        let received = "";
        answer.on("data", (chunk: Buffer) => (received += chunk.toString()));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: received }));
      });
      sent.on("error", reject);
      sent.end(JSON.stringify(body));
    });
  const logIn = (password: string) => call("/v3/auth/authenticate", { name: "inaetics", password });
  const tokenOf = async (password: string): Promise<string> =>
    (JSON.parse((await logIn(password)).body) as { token: string }).token;

  before(async () => {
    etcd = await Etcd.start();
    users = new EtcdUsers(etcd);
    await users.apply(undefined);
    folder = await etcd.clientFolder("inaetics");
    registrant = Registrant.start(etcd.endpoint, folder, { [alpha]: "10.1.1.1:8080" });
    await eventually("its key", 10, async () => (await etcd.keys("/inaetics/")).length === 1);
    const files = (from: string, own: string): Files => {
      const read = (name: string) => readFileSync(path.join(from, name));
      return { ca: read("ca.pem"), cert: read(`${own}cert.pem`), key: read(`${own}key.pem`) };
    };
    nameless = files(folder, "");
    asInaetics = files(folder, "user-");
    asRoot = files(await etcd.clientFolder("root"), "user-");
  });
  /* eslint-disable @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way */
  after(async () => {
    await registrant?.end("SIGKILL");
    etcd?.stop();
  });
  /* eslint-enable @typescript-eslint/no-unnecessary-condition */

  it("lets no client in by a password before one exists", async () => {
    expect((await logIn("")).status).not.to.equal(200);
    expect((await logIn("anything")).status).not.to.equal(200);
  });

  it("gives the user of discovery a password, once", async () => {
    const revision = await users.apply("first-one");
    expect(await users.apply("first-one")).to.equal(revision);
    expect((await logIn("wrong")).status).not.to.equal(200);
    expect(await tokenOf("first-one")).to.match(/./);
  });

  it("limits its token to /inaetics/", async () => {
    const token = await tokenOf("first-one");
    const own = await call("/v3/kv/range", { key: text(alpha) }, token);
    expect(own.status).to.equal(200);
    expect(own.body).to.include(text("10.1.1.1:8080"));
    const put = { key: text("/inaetics/x/json"), value: text("1") };
    expect((await call("/v3/kv/put", put, token)).status).to.equal(200);
    expect((await call("/v3/kv/deleterange", { key: put.key }, token)).status).to.equal(200);
    for (const key of ["/registry/a", "/coreos.com/network/config", "/inaetic", "/inaetics0"]) {
      for (const action of ["range", "put", "deleterange"]) {
        const answer = await call(
          `/v3/kv/${action}`,
          { key: text(key), ...(action === "put" ? { value: "" } : {}) },
          token,
        );
        expect(answer.status, `${action} ${key}`).to.equal(403);
        expect(answer.body).to.match(/permission denied/);
      }
    }
    const all = await call("/v3/kv/range", { key: text("\0"), range_end: text("\0") }, token);
    expect(all.status).to.equal(403);
    expect((await call("/v3/auth/user/list", {}, token)).status).to.equal(403);
  });

  // GHSA-rfx7-8w68-q57q: etcd up to 3.6.5 checked nothing within a transaction of a transaction.
  it("limits transactions to /inaetics/ as well, however deep they lie within others", async () => {
    const token = await tokenOf("first-one");
    const within = (operation: object, depth: number): object => {
      const success = [depth === 0 ? operation : { requestTxn: within(operation, depth - 1) }];
      return { success };
    };
    const secret = text("/registry/secrets/default/x");
    const operations = {
      requestRange: { key: text("/registry/"), range_end: text("/registry0") },
      requestPut: { key: secret, value: text("1") },
      requestDeleteRange: { key: secret },
    };
    for (const depth of [0, 1, 2]) {
      for (const [name, operation] of Object.entries(operations)) {
        const answer = await call("/v3/kv/txn", within({ [name]: operation }, depth), token);
        expect(answer.status, `${name} ${depth} deep`).to.equal(403);
        expect(answer.body).to.match(/permission denied/);
      }
      const own = await call("/v3/kv/txn", within({ requestRange: { key: text(alpha) } }, depth), token);
      expect(own.status, `its own key ${depth} deep`).to.equal(200);
      expect(own.body).to.include(text("10.1.1.1:8080"));
    }
  });

  it("gives a certificate nothing by itself, not even root's, and no certificate no connection", async () => {
    const get = { key: text(alpha) };
    const anonymous = await call("/v3/kv/range", get);
    expect(anonymous.status).not.to.equal(200);
    expect(anonymous.body).to.match(/user name is empty|permission denied/);
    // The gateway refuses client certificates with a name, with any credentials.
    const token = await tokenOf("first-one");
    for (const client of [asInaetics, asRoot]) {
      for (const credential of [undefined, token]) {
        const answer = await call("/v3/kv/range", get, credential, client);
        expect(answer.status).to.equal(400);
        expect(answer.body).to.match(/^CommonName of client/);
      }
    }
    const outcome = await call("/v3/kv/range", get, undefined, { ca: asRoot.ca }).then(
      () => "answered",
      () => "refused",
    );
    expect(outcome).to.equal("refused");
  });

  it("takes another password, and none when the file is gone; certificates go on meanwhile", async () => {
    await users.apply("second-one");
    expect((await logIn("first-one")).status).not.to.equal(200);
    expect(await tokenOf("second-one")).to.match(/./);
    await users.apply(undefined);
    expect((await logIn("second-one")).status).not.to.equal(200);
    await etcd.run("del", "--prefix", "/inaetics/");
    await eventually("its key again", 8, async () => (await etcd.keys("/inaetics/")).length === 1);
    await eventually("registered", 8, async () => Promise.resolve(registrant.state === "registered"));
    registrant.well();
  });
});
