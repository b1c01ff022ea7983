/**
 * The dynamic resources of the program in the real engine, which serialises them, and a real etcd with TLS: made, left alone when
 * nothing changed, changed, read, removed; secrets only encrypted in the state.
 *
 * Does not prove: the rights of etcd's users (the boxes' script gives them their roles: the cluster layer does).
 */
import { expect } from "chai";
import { X509Certificate } from "node:crypto";
import * as path from "node:path";
import { Engine } from "./engine";
import { Etcd } from "../support/etcd";

const build = path.resolve(__dirname, "..", "..");
const plugin = ["pulumi-nodejs"];

interface Pair {
  readonly certificate: string;
  readonly key: string;
}

describe("certificates, keys and passwords in the engine", function () {
  this.timeout(300_000);
  let engine: Engine;
  before(() => {
    engine = new Engine(plugin);
  });
  after(async () => {
    await engine.run("destroy");
    engine.remove();
  });

  const program = (requests: object, given?: string) =>
    engine.program(`
      const { CertificateAuthority } = require("${build}/components/pki/CertificateAuthority");
      const { Certificates } = require("${build}/components/pki/Certificates");
      const { Password } = require("${build}/components/pki/Password");
      const { SshKey } = require("${build}/components/pki/SshKey");
      const authority = new CertificateAuthority("authority", { commonName: "engine-test" });
      const certificates = new Certificates("certificates", {
        authorityCertificate: authority.certificate, authorityKey: authority.key, requests: ${JSON.stringify(requests)} });
      const password = new Password("password", { given: ${given === undefined ? "undefined" : `pulumi.secret("${given}")`} });
      const key = new SshKey("key", { comment: "engine-test" });
      Object.assign(exports, { authority: authority.certificate, authorityKey: authority.key, pairs: certificates.pairs,
        password: password.value, hash: password.hash, publicKey: key.publicKey, privateKey: key.privateKey });`);

  const server = { commonName: "server", hosts: ["etcd", "localhost", "127.0.0.1"], usage: "both" };
  const client = { commonName: "client", organisation: "testers", usage: "client" };
  const pairsOf = async () => (await engine.outputs())["pairs"] as Readonly<Record<string, Pair>>;
  let first: Readonly<Record<string, unknown>>;

  it("are made, and signed by the one authority", async () => {
    program({ server });
    const { changes } = await engine.succeed("up");
    expect(changes["create"]).to.be.greaterThan(3);
    first = await engine.outputs();
    const authority = new X509Certificate(first["authority"] as string);
    const issued = new X509Certificate((await pairsOf())["server"]?.certificate ?? "");
    expect(authority.ca).to.equal(true);
    expect(issued.verify(authority.publicKey)).to.equal(true);
    expect(issued.checkIP("127.0.0.1")).to.equal("127.0.0.1");
    expect(first["password"]).to.match(/^[\w-]{24}$/);
    expect(first["hash"]).to.match(/^\$2[aby]\$10\$/);
    expect(first["publicKey"]).to.match(/^ssh-ed25519 \S+ engine-test$/);
  });

  it("stay as they are when nothing changed", async () => {
    const { steps } = await engine.succeed("preview", ["--expect-no-changes"]);
    expect(steps.filter(({ op }) => op !== "same")).to.deep.equal([]);
    await engine.succeed("refresh");
    await engine.succeed("up", ["--expect-no-changes"]);
    expect(await engine.outputs()).to.deep.equal(first);
  });

  it("are only encrypted in the state", () => {
    const state = engine.stateText();
    for (const secret of ["authorityKey", "password", "hash", "privateKey"]) {
      const lines = String(first[secret]).split("\n");
      const longest = lines.sort((one, other) => other.length - one.length)[0] ?? "";
      expect(longest).to.have.length.greaterThan(20);
      expect(state, secret).not.to.contain(longest);
    }
    expect(state).not.to.match(/BEGIN (EC |OPENSSH |RSA )?PRIVATE KEY/);
  });

  it("keep what was issued when another certificate is added", async () => {
    program({ server, client });
    const { steps } = await engine.succeed("up");
    expect(steps.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`)).to.deep.equal([
      "update certificates",
    ]);
    const pairs = await pairsOf();
    expect(pairs["server"]).to.deep.equal((first["pairs"] as Readonly<Record<string, Pair>>)["server"]);
    expect(new X509Certificate(pairs["client"]?.certificate ?? "").subject).to.equal("CN=client\nO=testers");
  });

  it("take a given password instead of the made one", async () => {
    program({ server, client }, "correct-horse");
    await engine.succeed("up");
    expect((await engine.outputs())["password"]).to.equal("correct-horse");
    expect(engine.stateText()).not.to.contain("correct-horse");
    await engine.succeed("preview", ["--expect-no-changes"]);
  });
});

describe("FlannelNetwork in the engine, on etcd with TLS", function () {
  this.timeout(300_000);
  let engine: Engine;
  let etcd: Etcd;

  before(async () => {
    etcd = await Etcd.start();
    engine = new Engine(plugin);
  });
  after(async () => {
    await engine.run("destroy");
    engine.remove();
    etcd.stop();
  });

  const program = (changes: Readonly<Record<string, string>> = {}) => {
    const { authority, client } = etcd;
    const args = { endpoint: etcd.endpoint, authority: authority.certificate, certificate: client.certificate };
    const network = { prefix: "/test/network", network: "10.1.0.0/16", backend: "vxlan" };
    const all = JSON.stringify({ ...args, ...network, ...changes });
    engine.program(`
      const { FlannelNetwork } = require("${build}/components/cluster/FlannelNetwork");
      const key = pulumi.secret(${JSON.stringify(client.key)});
      exports.value = new FlannelNetwork("flannel", { key, ...${all} }).value;`);
  };
  const changed = (steps: readonly { readonly op: string; readonly name: string }[]) =>
    steps.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`);
  const value = (network: string) => ({ Network: network, SubnetLen: 24, Backend: { Type: "vxlan" } });

  it("writes Flannel's key", async () => {
    program();
    await engine.succeed("up");
    expect(JSON.parse(await etcd.get("/test/network/config"))).to.deep.equal(value("10.1.0.0/16"));
    expect(engine.stateText()).not.to.contain("BEGIN PRIVATE KEY");
    await engine.succeed("preview", ["--expect-no-changes"]);
  });

  it("changes it in place", async () => {
    program({ network: "10.2.0.0/16" });
    expect(changed((await engine.succeed("up")).steps)).to.deep.equal(["update flannel"]);
    expect(JSON.parse(await etcd.get("/test/network/config"))).to.deep.equal(value("10.2.0.0/16"));
  });

  it("finds by refresh that another program changed it, and repairs it", async () => {
    await etcd.put("/test/network/config", JSON.stringify(value("10.9.0.0/16")));
    await engine.succeed("refresh");
    expect(changed((await engine.succeed("up")).steps)).to.deep.equal(["update flannel"]);
    expect(JSON.parse(await etcd.get("/test/network/config"))).to.deep.equal(value("10.2.0.0/16"));
  });

  it("makes it again when another program removed it", async () => {
    await etcd.delete("/test/network/config");
    await engine.succeed("refresh");
    expect(changed((await engine.succeed("up")).steps)).to.deep.equal(["create flannel"]);
    expect(JSON.parse(await etcd.get("/test/network/config"))).to.deep.equal(value("10.2.0.0/16"));
  });

  it("sees without a refresh that another program changed or removed it, and repairs it", async () => {
    await etcd.put("/test/network/config", JSON.stringify(value("10.9.0.0/16")));
    expect(changed((await engine.succeed("preview")).steps)).to.deep.equal(["update flannel"]);
    await etcd.delete("/test/network/config");
    expect(changed((await engine.succeed("preview")).steps)).to.deep.equal(["update flannel"]);
    expect(changed((await engine.succeed("up")).steps)).to.deep.equal(["update flannel"]);
    expect(JSON.parse(await etcd.get("/test/network/config"))).to.deep.equal(value("10.2.0.0/16"));
    await engine.succeed("preview", ["--expect-no-changes"]);
  });

  it("moves to another prefix, and takes the leases of the old one with it", async () => {
    await etcd.put("/test/network/subnets/10.2.1.0-24", "{}");
    program({ network: "10.2.0.0/16", prefix: "/other" });
    await engine.succeed("up");
    expect(JSON.parse(await etcd.get("/other/config"))).to.deep.equal(value("10.2.0.0/16"));
    expect(await etcd.keys("/test/")).to.deep.equal([]);
  });

  it("ends with a clear error when etcd does not answer", async () => {
    program({ network: "10.3.0.0/16", prefix: "/other", endpoint: "https://127.0.0.1:1" });
    const { code, text, seconds } = await engine.run("up");
    expect(code).not.to.equal(0);
    expect(text).to.match(/etcd at https:\/\/127\.0\.0\.1:1, key \/other\/config: /);
    expect(seconds).to.be.lessThan(60);
  });

  it("removes its keys, and no others", async () => {
    await etcd.put("/neighbour", "stays");
    program({ network: "10.2.0.0/16", prefix: "/other" });
    await engine.succeed("up");
    await engine.succeed("destroy");
    expect(await etcd.keys("/")).to.deep.equal(["/neighbour"]);
  });
});
