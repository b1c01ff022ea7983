/**
 * Conformance of `command:remote:*` with what @pulumi/command documents, through the real engine and a real sshd.
 * Does not prove: logins with a password (sshd would need an account for it), networks with losses.
 */
import { expect } from "chai";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Engine } from "./engine";
import { Sshd, startSshd } from "./sshd";
import { freePort } from "../support/ports";

describe("command:remote", function () {
  this.timeout(180_000);
  let engine: Engine;
  let sshd: Sshd;
  let file: (name: string) => string;

  before(async () => {
    sshd = await startSshd(await freePort());
    engine = new Engine(["command"]);
    file = (name) => path.join(engine.folder, name);
  });
  after(async () => {
    await engine.run("destroy");
    engine.remove();
    await sshd.stop();
  });

  const connection = (changes: object = {}) => {
    const { port, user, privateKey, hostKey } = sshd;
    return JSON.stringify({ host: "127.0.0.1", port, user, privateKey, hostKey, ...changes });
  };
  const program = (resources: string, changes: object = {}) =>
    engine.program(`const { remote } = require("@pulumi/command");\nconst connection = ${connection(changes)};
      const folder = ${JSON.stringify(engine.folder)};\n${resources}`);
  const commands = (greeting: string) => `
    const made = new remote.Command("made", { connection,
      create: \`cat > \${folder}/stdin; echo $GREETING | tee -a \${folder}/log; echo to-stderr >&2\`,
      update: \`echo updated $PULUMI_COMMAND_STDOUT >> \${folder}/log; echo $GREETING\`,
      delete: \`echo deleted $PULUMI_COMMAND_STDOUT >> \${folder}/log\`,
      environment: { GREETING: "${greeting}" }, stdin: pulumi.secret("swordfish") });
    for (let i = 0; i < 12; i++) new remote.Command("more" + i, { connection, create: "sleep 0.2; echo " + i });
    exports.stdout = made.stdout; exports.stderr = made.stderr;`;

  it("creates over as few connections as sshd allows", async () => {
    program(commands("hello"));
    await engine.succeed("up");
    const { stdout, stderr } = await engine.outputs();
    expect({ stdout, stderr }).to.deep.equal({ stdout: "hello", stderr: "to-stderr" });
    expect(readFileSync(file("stdin"), "utf8")).to.equal("swordfish");
    expect(sshd.log().split("Accepted publickey").length - 1).to.be.within(1, 3);
  });

  it("keeps connection and standard input encrypted in the state", () => {
    expect(engine.stateText()).to.not.contain("swordfish").and.to.not.contain("OPENSSH PRIVATE KEY");
  });

  it("updates in place, then shows no change, then deletes", async () => {
    program(commands("ciao"));
    const outcome = await engine.succeed("up");
    expect(outcome.changes["update"]).to.equal(1);
    await engine.succeed("preview", ["--expect-no-changes"]);
    await engine.succeed("destroy");
    expect(readFileSync(file("log"), "utf8")).to.equal("hello\nupdated hello\ndeleted ciao\n");
  });

  it("reports how a command failed, the wrong host key, the refused user, and the address that does not answer", async () => {
    const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDR3tJwNfgXr3kUDlLx9DzHOlNZyDPhFPRGiWkCKUCsT";
    const port = await freePort();
    program(`
      const command = (name, create, changes) =>
        new remote.Command(name, { connection: { ...connection, ...changes }, create });
      command("bad", "echo the reason >&2; exit 7", {});
      command("other", "true", { hostKey: "${hostKey}", dialErrorLimit: -1 });
      command("refused", "true", { user: "nobody-here", dialErrorLimit: 1 });
      command("closed", "true", { port: ${port}, dialErrorLimit: 2 });`);
    const outcome = await engine.run("up", ["--continue-on-error"]);
    expect(outcome.code).to.not.equal(0);
    const errors = outcome.diagnostics.filter(({ severity }) => severity === "error");
    const error = (name: string) => errors.find((diagnostic) => diagnostic.name === name)?.message;
    expect(error("bad")).to.contain("exit status 7").and.to.contain("the reason");
    expect(error("other")).to.contain("another host key");
    expect(error("refused")).to.contain(`nobody-here@127.0.0.1:${sshd.port}`).and.to.contain("refused the login");
    expect(error("closed")).to.contain("3 tries").and.to.contain("ECONNREFUSED");
  });

  it("waits for a box that comes up, with dialErrorLimit -1", async () => {
    const port = await freePort();
    program(
      `const late = new remote.Command("late", { connection, create: "echo there" }); exports.late = late.stdout;`,
      { port, dialErrorLimit: -1, hostKey: undefined },
    );
    const up = engine.run("up");
    await sleep(6000);
    const second = await startSshd(port, sshd.keyFile);
    try {
      expect((await up).code).to.equal(0);
      expect((await engine.outputs())["late"]).to.equal("there");
    } finally {
      await second.stop();
    }
  });

  it("ends the remote command when the update is cancelled", async () => {
    program(
      `new remote.Command("endless", { connection, create: \`echo $$ > \${folder}/pid; echo ready; sleep 300\` });`,
    );
    const outcome = await engine.run("up", [], (text) => text.includes("ready"));
    expect(outcome.code).to.not.equal(0);
    expect(outcome.seconds).to.be.lessThan(150);
    await sleep(500);
    expect(existsSync(`/proc/${readFileSync(file("pid"), "utf8").trim()}`)).to.be.false;
  });

  it("copies files, texts and folders with their modes", async () => {
    mkdirSync(file("source/below"), { recursive: true });
    writeFileSync(file("source/run.sh"), "#!/bin/sh\n", { mode: 0o755 });
    writeFileSync(file("source/below/data"), Buffer.alloc(300_000, 7));
    program(`
      const copy = (name, source) => new remote.CopyToRemote(name, { connection, source, remotePath: folder + "/target/" + name });
      copy("text", new pulumi.asset.StringAsset("some text"));
      copy("file", new pulumi.asset.FileAsset(folder + "/source/run.sh"));
      copy("folder", new pulumi.asset.FileArchive(folder + "/source"));`);
    await engine.succeed("up");
    expect(readFileSync(file("target/text"), "utf8")).to.equal("some text");
    expect(statSync(file("target/file")).mode & 0o777).to.equal(0o755);
    expect(readFileSync(file("target/folder/below/data")).equals(Buffer.alloc(300_000, 7))).to.be.true;
    writeFileSync(file("source/run.sh"), "#!/bin/sh\necho changed\n");
    const preview = await engine.succeed("preview");
    expect(preview.steps.filter(({ op }) => op === "update").map(({ name }) => name)).to.have.members([
      "file",
      "folder",
    ]);
  });

  it("fails the deletion where the box is gone, and not where it is deletedWith something", async () => {
    const port = await freePort();
    const second = await startSshd(port, sshd.keyFile);
    program(
      `const box = new remote.Command("box", { connection: { ...connection, port: ${sshd.port} }, create: "true" });
      new remote.Command("on-box", { connection, create: "true", delete: "true" });
      new remote.Command("with-box", { connection, create: "true", delete: "true" }, { deletedWith: box });`,
      { port, hostKey: undefined, dialErrorLimit: 1 },
    );
    await engine.succeed("up");
    await second.stop();
    const outcome = await engine.run("destroy", ["--continue-on-error"]);
    expect(outcome.code).to.not.equal(0);
    const failed = outcome.diagnostics.filter(({ severity, name }) => severity === "error" && name.includes("box"));
    expect(failed.map(({ name }) => name)).to.deep.equal(["on-box"]);
    expect(failed[0]?.message).to.contain(`127.0.0.1:${port}`);
    expect(engine.resource("with-box")).to.equal(undefined);
  });
});
