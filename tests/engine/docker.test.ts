/**
 * Conformance of `docker:index/image:Image` with what @pulumi/docker documents, through the real engine, against this
 * machine's docker daemon and a real registry with TLS and a password.
 * Does not prove: BuildKit, other platforms, the certificate check of registries (docker makes none for 127.0.0.1).
 */
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { Engine } from "./engine";
import { Registry, startRegistry } from "./registry";
import { Sshd, startSshd } from "./sshd";
import { freePort } from "../support/ports";

describe("docker:index/image:Image", function () {
  this.timeout(180_000);
  let engine: Engine;
  let registry: Registry;
  let sshd: Sshd;
  const write = (name: string, text: string) => writeFileSync(path.join(engine.folder, "context", name), text);

  before(async () => {
    execFileSync("docker", ["version"], { stdio: "ignore" });
    [registry, sshd] = [await startRegistry(), await startSshd(await freePort())];
    engine = new Engine(["docker"]);
    mkdirSync(path.join(engine.folder, "context"));
    write("Dockerfile", "FROM scratch AS first\nCOPY data /data\nFROM first\nARG WHO\nLABEL who=$WHO\n");
    write("data", "1");
    write(".dockerignore", "# not these\nnotes\n*.log\n!keep.log\n");
  });
  after(async () => {
    engine.remove();
    await registry.stop();
    await sshd.stop();
    // Images that lost their tag to a later build are still known by their digests.
    const images = execFileSync("docker", ["images", "-aq", `${registry.server}/test/*`]).toString();
    const ids = [...new Set(images.split("\n").filter(Boolean))];
    if (ids.length > 0) execFileSync("docker", ["rmi", "-f", ...ids], { stdio: "ignore" });
  });

  interface Options {
    readonly password?: string;
    readonly build?: object;
    readonly provider?: object;
    readonly name?: string;
  }
  const program = (options: Options = {}) => {
    const { server, username, password } = registry;
    const name = `${server}/test/${options.name ?? "image"}:latest`;
    const args = {
      imageName: name,
      registry: { server, username, password: options.password ?? password },
      build: { context: "context", dockerfile: "context/Dockerfile", platform: "linux/amd64", ...options.build },
    };
    engine.program(`const docker = require("@pulumi/docker");
      const args = ${JSON.stringify(args)};
      args.registry.password = pulumi.secret(args.registry.password);
      const provider = new docker.Provider("daemon", ${JSON.stringify(options.provider ?? {})});
      const image = new docker.Image("image", args, { provider });
      for (const key of ["repoDigest", "imageName", "baseImageName", "registryServer"]) exports[key] = image[key];`);
  };
  const previewed = async () => {
    const { steps } = await engine.succeed("preview");
    const step = steps.find(({ name }) => name === "image");
    return { op: step?.op, diff: Object.keys(step?.diff ?? {}) };
  };

  it("refuses a wrong password before it builds, with the reason", async () => {
    program({ password: "wrong" });
    const outcome = await engine.run("up");
    expect(outcome.code).to.not.equal(0);
    expect(outcome.text).to.contain("wrong user or password").and.to.contain(registry.server);
    expect(engine.stateText()).to.not.contain("repoDigest");
    expect(await registry.status("/v2/", "wrong")).to.equal(401);
  });

  it("builds and pushes: the digest is the one that the registry has", async () => {
    program({ build: { args: { WHO: "me" } } });
    await engine.succeed("up");
    const outputs = await engine.outputs();
    const name = `${registry.server}/test/image`;
    expect(outputs["repoDigest"]).to.match(new RegExp(`^${name}@sha256:[0-9a-f]{64}$`));
    expect(outputs["imageName"]).to.equal(`${name}:latest`);
    expect(outputs["baseImageName"]).to.equal(`${name}:latest`);
    expect(outputs["registryServer"]).to.equal(registry.server);
    const digest = String(outputs["repoDigest"]).split("@")[1] ?? "";
    expect(await registry.status(`/v2/test/image/manifests/${digest}`)).to.equal(200);
    const label = execFileSync("docker", ["inspect", "-f", "{{.Config.Labels.who}}", `${name}:latest`]).toString();
    expect(label.trim()).to.equal("me");
    expect(engine.stateText()).to.not.contain(registry.password);
  });

  it("shows a change exactly when what is built changes", async () => {
    write("notes", "ignored");
    write("other.log", "ignored");
    await engine.succeed("preview", ["--expect-no-changes", "--refresh"]);
    write("keep.log", "not ignored");
    expect(await previewed()).to.deep.equal({ op: "update", diff: ["build.contextDigest"] });
  });

  it("updates when a source changes", async () => {
    const before = (await engine.outputs())["repoDigest"];
    write("data", "2");
    await engine.succeed("up");
    expect((await engine.outputs())["repoDigest"]).to.not.equal(before);
  });

  it("builds for other arguments, and not for another password", async () => {
    program({ build: { args: { WHO: "you" } }, password: "changed" });
    expect(await previewed()).to.deep.equal({ op: "update", diff: ["build.args.WHO"] });
  });

  it("builds over ssh, from a base image that only the daemon has", async () => {
    write("Dockerfile.second", `FROM ${registry.server}/test/image:latest\nCOPY keep.log /\n`);
    const { user, port, keyFile, knownHosts } = sshd;
    const sshOpts = ["-i", keyFile, "-o", `UserKnownHostsFile=${knownHosts}`, "-o", "StrictHostKeyChecking=yes"];
    const provider = { host: `ssh://${user}@127.0.0.1:${port}`, sshOpts };
    program({ name: "second", build: { dockerfile: "context/Dockerfile.second" }, provider });
    await engine.succeed("up");
    expect(await registry.status("/v2/test/second/manifests/latest")).to.equal(200);
    program({ name: "second", provider: { ...provider, host: `ssh://nobody-here@127.0.0.1:${port}` } });
    const outcome = await engine.run("up");
    expect(outcome.code).to.not.equal(0);
    expect(outcome.text).to.contain("Permission denied").and.to.contain(`nobody-here@127.0.0.1:${port}`);
  });

  it("names the step of a build that fails, and shows its last output", async () => {
    write("Dockerfile.bad", `FROM scratch\nCOPY data /data\nRUN ["/no-such-program"]\n`);
    program({ build: { dockerfile: "context/Dockerfile.bad" } });
    const outcome = await engine.run("up");
    expect(outcome.code).to.not.equal(0);
    expect(outcome.text).to.contain("Step 3/3").and.to.contain("no-such-program");
  });

  it("reports a misspelt instruction of a Dockerfile in the preview", async () => {
    write("Dockerfile.slip", "FROM scratch\nCOPPY data /data\n");
    program({ build: { dockerfile: "context/Dockerfile.slip" } });
    expect((await engine.run("preview")).text)
      .to.contain("line 2")
      .and.to.contain("COPPY");
  });

  it("deletes nothing but its state", async () => {
    await engine.succeed("destroy");
    expect(engine.resource("image")).to.equal(undefined);
    expect(await registry.status("/v2/test/image/manifests/latest")).to.equal(200);
  });
});
