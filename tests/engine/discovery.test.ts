/**
 * Discovery on a real etcd with the roles that the boxes' own script gives: leases that heal whatever happens to etcd, watches,
 * and what a role may touch. Does not prove: the agents' own clients in Java and C, nor the pods' certificates (tests/cluster).
 */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect } from "chai";
import {
  AGENT_SERVICE,
  chooseRoute,
  Discovery,
  endpointKey,
  formatEndpoints,
  formatWire,
  natsWire,
  routesTo,
  serviceKey,
  wireKey,
  ZONE,
  type Entries,
} from "../../packages/discovery/index";
import { freePort } from "./broker";
import { Etcd } from "./etcd";
import { Forwarder } from "./forwarder";
import { eventually } from "./service";

const vagrant = path.resolve(__dirname, "..", "..", "..", "vagrant");
const cache = path.join(process.env["HOME"] ?? "/root", ".cache", "inaetics-cluster");
const programs = path.join(process.env["INAETICS_CACHE"] ?? cache, "bin");

/** The boxes' script with the places of a box replaced by a folder of the test. */
class EtcdUsers {
  readonly password: string;
  private readonly script: string;

  constructor(private readonly etcd: Etcd) {
    const root = path.join(etcd.folder, "box");
    const pki = path.join(root, "pki");
    mkdirSync(pki, { recursive: true });
    for (const [from, to] of [
      ["ca.pem", "ca.pem"],
      ["client.pem", "etcd-root.pem"],
      ["client-key.pem", "etcd-root-key.pem"],
    ] as const) {
      copyFileSync(path.join(etcd.folder, from), path.join(pki, to));
    }
    this.password = path.join(root, "discovery-password");
    this.script = path.join(root, "etcd-auth");
    const text = readFileSync(path.join(vagrant, "scripts", "etcd-auth"), "utf8")
      .replaceAll("/etc/inaetics/", `${root}/`)
      .replaceAll("/var/lib/inaetics/", `${root}/state/`)
      .replaceAll("/opt/inaetics/bin/etcdctl", "command etcdctl")
      .replaceAll("https://127.0.0.1:2379", etcd.endpoint);
    writeFileSync(this.script, text, { mode: 0o755 });
  }

  /** Runs it as a box does, with this password in the file; without the file when it is undefined. Gives etcd's revision of users. */
  async apply(password: string | undefined): Promise<string> {
    await promisify(execFile)("sh", [
      "-c",
      password === undefined ? `rm -f "$0"` : `printf '%s\\n' "$1" >"$0"`,
      this.password,
      password ?? "",
    ]);
    await promisify(execFile)("sh", [this.script], {
      env: { PATH: `${programs}:${process.env["PATH"] ?? ""}`, FLANNEL_ETCD_PREFIX: "/coreos.com/network" },
    });
    return /authRevision: *(\d+)/i.exec(await this.etcd.run("auth", "status"))?.[1] ?? "?";
  }
}

/** tests/engine/registrant.ts as a process. */
class Registrant {
  output = "";
  errors = "";

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on("data", (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
  }

  static start(endpoint: string, folder: string, keys: Readonly<Record<string, string>>): Registrant {
    const environment = { ETCD_ENDPOINTS: endpoint, DISCOVERY_DIR: folder, KEYS: JSON.stringify(keys) };
    const options = { env: { PATH: process.env["PATH"], ...environment } };
    // Node warns about names in TLS that are addresses, as grpc-js sets them.
    const args = ["--disable-warning=DEP0123", path.join(__dirname, "registrant.js")];
    return new Registrant(spawn(process.execPath, args, options));
  }

  /** The last thing that it said about its registration. */
  get state(): string {
    return [...this.output.matchAll(/^state (.*)$/gm)].at(-1)?.[1] ?? "silent";
  }

  get entries(): Entries {
    const text = [...this.output.matchAll(/^entries (.*)$/gm)].at(-1)?.[1];
    return new Map(JSON.parse(text ?? "[]") as [string, string][]);
  }

  /** Fails when it has ended or complained. */
  well(): void {
    expect(this.errors).to.equal("");
    expect(this.child.exitCode ?? this.child.signalCode).to.equal(null);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.kill(signal);
    await ended;
  }
}

interface Files {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

const [alpha, beta] = [serviceKey(AGENT_SERVICE, "alpha"), serviceKey(AGENT_SERVICE, "beta")];

describe("discovery on a real etcd", function () {
  this.timeout(90_000);
  let etcd: Etcd;
  let users: EtcdUsers;
  let folder: string;
  let survivor: Registrant;
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const connect = (): Discovery => new Discovery({ endpoints: [etcd.endpoint], folder }, quiet);
  const keys = () => etcd.keys("/inaetics/");
  const value = async (key: string) => (await etcd.get(key)).trimEnd();
  /** Milliseconds until alpha's key has its value (again). */
  const back = async (seconds: number): Promise<number> => {
    const began = Date.now();
    await eventually("alpha's key", seconds, async () => (await value(alpha)) === "10.1.1.1:8080");
    survivor.well();
    return Date.now() - began;
  };

  before(async () => {
    etcd = await Etcd.start();
    users = new EtcdUsers(etcd);
    await users.apply(undefined);
    folder = await etcd.clientFolder("inaetics");
    survivor = Registrant.start(etcd.endpoint, folder, { [alpha]: "10.1.1.1:8080" });
  });
  /* eslint-disable @typescript-eslint/no-unnecessary-condition -- before() may have failed half-way */
  after(async () => {
    await survivor?.end("SIGKILL");
    etcd?.stop();
  });
  /* eslint-enable @typescript-eslint/no-unnecessary-condition */

  it("removes the key of a process that was killed within its lease, and no other", async () => {
    await back(10);
    const other = Registrant.start(etcd.endpoint, folder, { [beta]: "10.1.1.2:8080" });
    await eventually("both keys", 10, async () => (await keys()).length === 2);
    // Longer than a lease: it was kept alive.
    await sleep(17_000);
    expect(await keys()).to.deep.equal([alpha, beta]);
    await other.end("SIGKILL");
    await eventually("beta's end", 17, async () => (await keys()).join() === alpha);
    survivor.well();
    expect([...survivor.entries.keys()]).to.deep.equal([alpha]);
  });

  it("removes the keys at once of a process that ends in an orderly way", async () => {
    const other = Registrant.start(etcd.endpoint, folder, { [beta]: "10.1.1.2:8080", "/inaetics/x/beta": "y" });
    await eventually("its keys", 10, async () => (await keys()).length === 3);
    await other.end("SIGTERM");
    expect(await keys()).to.deep.equal([alpha]);
    expect(other.errors).to.equal("");
  });

  it("puts back what was purged or changed, and after its lease was revoked, within 6 s", async () => {
    await etcd.run("del", "--prefix", "/inaetics/");
    expect(await back(6)).to.be.below(6000);
    await etcd.put(alpha, "9.9.9.9:1");
    expect(await back(6)).to.be.below(6000);
    const lease = /"lease":(\d+)/.exec(await etcd.run("get", alpha, "--write-out=json"))?.[1] ?? "";
    await etcd.run("lease", "revoke", BigInt(lease).toString(16));
    expect(await value(alpha)).to.equal("");
    expect(await back(6)).to.be.below(6000);
  });

  it("stays registered when etcd starts again", async () => {
    await etcd.down();
    await etcd.up();
    await back(10);
    await eventually("the news", 10, async () => Promise.resolve(survivor.state === "registered"));
    await etcd.put("/inaetics/x/after", "restart");
    await eventually("a change after it", 5, async () => Promise.resolve(survivor.entries.has("/inaetics/x/after")));
    await etcd.delete("/inaetics/x/after");
    survivor.well();
  });

  it("comes back after etcd halted for 20 s, and was dead for 20 s, and says so once", async () => {
    for (const stop of [true, false]) {
      const before = survivor.output.length;
      if (stop) etcd.signal("SIGSTOP");
      else await etcd.down();
      await sleep(20_000);
      survivor.well();
      expect(survivor.state).not.to.equal("registered");
      if (stop) etcd.signal("SIGCONT");
      else await etcd.up();
      await eventually("registered", 8, async () => Promise.resolve(survivor.state === "registered"));
      await back(2);
      await etcd.put("/inaetics/x/after", String(stop));
      await eventually("a change", 8, async () =>
        Promise.resolve(survivor.entries.get("/inaetics/x/after") === String(stop)),
      );
      const said = survivor.output.slice(before).match(/not registered/g) ?? [];
      expect(said.length).to.be.within(1, 6);
    }
    await etcd.delete("/inaetics/x/after");
  });

  it("survives a connection that breaks at any moment", async () => {
    const port = await freePort();
    const forwarder = new Forwarder(port, Number(new URL(etcd.endpoint).port));
    const other = Registrant.start(`https://127.0.0.1:${port}`, folder, { [beta]: "10.1.1.2:8080" });
    try {
      for (let round = 0; round < 60; round++) {
        await forwarder.open();
        await sleep((round * 37) % 230);
        await forwarder.close();
      }
      other.well();
      await forwarder.open();
      await eventually("its key", 10, async () => (await value(beta)) === "10.1.1.2:8080");
      await eventually("its watch", 10, async () => Promise.resolve(other.entries.has(beta)));
      other.well();
    } finally {
      await other.end("SIGTERM");
      await forwarder.close();
    }
  });

  it("reads anew when the changes that a watch missed are compacted away", async () => {
    const port = await freePort();
    const forwarder = new Forwarder(port, Number(new URL(etcd.endpoint).port));
    await forwarder.open();
    const seen: Entries[] = [];
    const discovery = new Discovery({ endpoints: [`https://127.0.0.1:${port}`], folder }, quiet);
    try {
      await etcd.put("/inaetics/x/gone", "1");
      const watch = discovery.watch("/inaetics/x/", (entries) => seen.push(entries));
      await eventually("the first read", 5, async () =>
        Promise.resolve(watch.entries?.get("/inaetics/x/gone") === "1"),
      );
      await sleep(500);
      await forwarder.close();
      await etcd.delete("/inaetics/x/gone");
      await etcd.put("/inaetics/x/new", "2");
      const revision = /"revision":(\d+)/.exec(await etcd.run("get", "/none", "--write-out=json"))?.[1] ?? "";
      await etcd.run("compact", revision);
      expect(watch.entries?.get("/inaetics/x/gone")).to.equal("1");
      await forwarder.open();
      await eventually("the state now", 8, async () =>
        Promise.resolve(JSON.stringify([...(watch.entries ?? [])]) === '[["/inaetics/x/new","2"]]'),
      );
      await etcd.delete("/inaetics/x/new");
      await eventually("a change after it", 5, async () => Promise.resolve(watch.entries?.size === 0));
      expect(seen.map((each) => each.size)).to.deep.equal([1, 1, 0]);
    } finally {
      await discovery.stop();
      await forwarder.close();
    }
  });

  it("waits for etcd and for usable certificates, and says what is wrong", async () => {
    const strangers = await Etcd.start();
    const own = await strangers.clientFolder("inaetics");
    strangers.stop();
    mkdirSync(own, { recursive: true });
    const said: string[] = [];
    const hear = (text: string): void => void said.push(text);
    const discovery = new Discovery(
      { endpoints: [etcd.endpoint], folder: own },
      { info: hear, warn: hear, error: hear },
    );
    try {
      const registration = discovery.register({ [beta]: "10.1.1.2:8080" });
      await eventually("the first attempt", 5, async () => Promise.resolve(said.length > 0));
      expect(registration.unready()).to.match(/^not in discovery: .*ca\.pem/);
      for (const file of readdirSync(folder)) copyFileSync(path.join(folder, file), path.join(own, file));
      await eventually("the key", 8, async () => (await value(beta)) === "10.1.1.2:8080");
      await eventually("readiness", 1, async () => Promise.resolve(registration.unready() === undefined));
      await etcd.down();
      await eventually("its loss", 10, async () => Promise.resolve(registration.missing !== undefined));
      expect(registration.unready()).to.equal(undefined);
      await etcd.up();
      await eventually("its return", 10, async () => Promise.resolve(registration.missing === undefined));
      expect(said.filter((text) => text.includes("registered")).length).to.be.within(4, 8);
    } finally {
      await discovery.stop();
    }
    expect(await value(beta)).to.equal("");
  });

  it("leads from an endpoint over its wire to an address", async () => {
    const discovery = connect();
    const wire = { zone: ZONE, node: "queue-1", id: "queue" };
    const endpoint = { id: "queue", interface: "org.example.Queue", properties: { stream: "S" }, wire };
    try {
      const registration = discovery.register({
        [endpointKey("queue-1")]: formatEndpoints({ framework: "queue-1", endpoints: [endpoint] }),
        [wireKey(wire)]: formatWire(natsWire("nats://queue:4222")),
      });
      await eventually("registered", 5, async () => Promise.resolve(registration.missing === undefined));
      const route = chooseRoute(routesTo(await discovery.read("/inaetics/"), "queue"), undefined);
      expect(route).to.deep.include({ framework: "queue-1", url: "nats://queue:4222" });
      expect(await discovery.services(AGENT_SERVICE)).to.deep.equal([{ id: "alpha", address: "10.1.1.1:8080" }]);
    } finally {
      await discovery.stop();
    }
  });

  it("lets the role read and write below /inaetics/ only", async () => {
    const discovery = connect();
    const refused = async (what: Promise<unknown>): Promise<string> =>
      what.then(
        () => "allowed",
        (error: unknown) => String(error),
      );
    for (const prefix of ["/registry/", "/", "", "/inaetics", "/coreos.com/network/"]) {
      expect(await refused(discovery.read(prefix)), prefix).to.match(/permission denied/);
    }
    const outside = discovery.register({ "/coreos.com/network/config": "mine" });
    await eventually("a refusal", 5, async () => Promise.resolve(/permission denied/.test(outside.missing ?? "")));
    expect(await value("/coreos.com/network/config")).to.equal("");
    await discovery.stop();
  });

  describe("through the JSON gateway", () => {
    /** In the order of what they say about who uses them: nothing, and two users. */
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
      const files = (from: string, own: string): Files => {
        const read = (name: string) => readFileSync(path.join(from, name));
        return { ca: read("ca.pem"), cert: read(`${own}cert.pem`), key: read(`${own}key.pem`) };
      };
      nameless = files(folder, "");
      asInaetics = files(folder, "user-");
      asRoot = files(await etcd.clientFolder("root"), "user-");
    });

    it("lets nobody in by a password before there is one", async () => {
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

    it("gives a certificate nothing by itself, not even root's, and no certificate no connection", async () => {
      const get = { key: text(alpha) };
      const anonymous = await call("/v3/kv/range", get);
      expect(anonymous.status).not.to.equal(200);
      expect(anonymous.body).to.match(/user name is empty|permission denied/);
      // etcd refuses certificates with a name there, whatever else the request has.
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
      expect(await back(6)).to.be.below(6000);
      await eventually("registered", 8, async () => Promise.resolve(survivor.state === "registered"));
      survivor.well();
    });
  });
});
