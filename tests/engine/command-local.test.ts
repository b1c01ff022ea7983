/**
 * Conformance of `command:local:Command` with what @pulumi/command documents, through the real engine.
 * Does not prove: behaviour on other systems than Linux.
 */
import { expect } from "chai";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Engine } from "./engine";

const program = (resources: string) => `const { local } = require("@pulumi/command");\n${resources}`;

describe("command:local:Command", function () {
  this.timeout(180_000);
  let engine: Engine;
  let file: (name: string) => string;
  const read = (name: string) => readFileSync(file(name), "utf8");

  before(() => {
    engine = new Engine(["command"]);
    file = (name) => path.join(engine.folder, name);
  });
  after(async () => {
    await engine.run("destroy");
    engine.remove();
  });

  const first = program(`
    const made = new local.Command("made", {
      create: "echo created >> log; echo to-stderr >&2; printf 'one\\\\ntwo\\\\n'; echo $GREETING > greeting; cat > stdin",
      update: "echo updated $PULUMI_COMMAND_STDOUT/$PULUMI_COMMAND_STDERR >> log; echo $GREETING; pwd > pwd",
      delete: "echo deleted $PULUMI_COMMAND_STDOUT >> log",
      environment: { GREETING: process.env.GREETING ?? "hello" },
      stdin: pulumi.secret("swordfish"),
      triggers: [process.env.TRIGGER ?? "1"],
    });
    const bash = new local.Command("bash", { interpreter: ["/bin/bash", "-c"], create: 'x=(a b); echo "\${x[1]}"' });
    const hidden = new local.Command("hidden", { create: pulumi.secret("echo quiet-word"), logging: "none" });
    exports.stdout = made.stdout; exports.stderr = made.stderr; exports.bash = bash.stdout; exports.hidden = hidden.stdout;`);

  it("runs nothing in a preview", async () => {
    engine.program(first);
    const outcome = await engine.succeed("preview");
    expect(outcome.steps.map(({ op }) => op)).to.deep.equal(["create", "create", "create"]);
    expect(existsSync(file("log"))).to.be.false;
  });

  it("creates: output captured and logged, environment, interpreter, standard input", async () => {
    const outcome = await engine.succeed("up");
    const { stdout, stderr, bash, hidden } = await engine.outputs();
    expect({ stdout, stderr, bash, hidden }).to.deep.equal({
      stdout: "one\ntwo",
      stderr: "to-stderr",
      bash: "b",
      hidden: "quiet-word",
    });
    expect([read("log"), read("greeting"), read("stdin")]).to.deep.equal(["created\n", "hello\n", "swordfish"]);
    const logged = outcome.diagnostics.filter(({ name }) => name === "made").map(({ message }) => message);
    expect(logged.join("")).to.contain("one\ntwo").and.to.contain("to-stderr");
    expect(outcome.diagnostics.filter(({ name }) => name === "hidden")).to.deep.equal([]);
  });

  it("keeps a secret standard input, and the output of a secret command, encrypted in the state", () => {
    expect(engine.stateText()).to.not.contain("swordfish").and.to.not.contain("quiet-word");
    expect(engine.stateText()).to.contain("to-stderr");
  });

  it("shows no change when nothing changed", async () => {
    const outcome = await engine.succeed("preview", ["--expect-no-changes", "--refresh"]);
    expect(outcome.steps.filter(({ op }) => op !== "same" && op !== "refresh")).to.deep.equal([]);
  });

  it("runs the update script when another input changes, with the previous output in its environment", async () => {
    engine.program(first.replace('"hello"', '"ciao"'));
    const outcome = await engine.succeed("up");
    const step = outcome.steps.find(({ name }) => name === "made");
    expect(step?.op).to.equal("update");
    expect(step?.diff).to.deep.equal({ "environment.GREETING": "update" });
    expect(read("log")).to.equal("created\nupdated one two/to-stderr\n");
    expect((await engine.outputs())["stdout"]).to.equal("ciao");
    expect(read("pwd").trim()).to.equal(engine.folder);
  });

  it("replaces on changed triggers, and deletes with the delete script", async () => {
    engine.program(first.replace('"hello"', '"ciao"').replace('"1"', '"2"'));
    const outcome = await engine.succeed("up");
    const operations = outcome.steps.filter(({ name }) => name === "made").map(({ op }) => op);
    expect(operations).to.include("create-replacement").and.to.include("delete-replaced");
    expect(read("log").split("\n").slice(2, 4)).to.deep.equal(["created", "deleted ciao"]);
    await engine.succeed("destroy");
    expect(read("log").split("\n")[4]).to.equal("deleted one two");
    expect(engine.resource("made")).to.equal(undefined);
  });

  it("runs create again for a change without an update script", async () => {
    engine.program(program(`new local.Command("again", { create: "echo run >> again", stdin: "1" });`));
    await engine.succeed("up");
    engine.program(program(`new local.Command("again", { create: "echo run >> again", stdin: "2" });`));
    await engine.succeed("up");
    expect(read("again")).to.equal("run\nrun\n");
  });

  it("reports how commands failed, keeps them out of the state, and honours customTimeouts", async () => {
    engine.program(
      program(`
        new local.Command("bad", { create: "echo before; echo the reason >&2; exit 7" });
        new local.Command("slow", { create: "sleep 300" }, { customTimeouts: { create: "1s" } });`),
    );
    const outcome = await engine.run("up", ["--continue-on-error"]);
    expect(outcome.code).to.not.equal(0);
    expect(outcome.seconds).to.be.lessThan(150);
    const errors = outcome.diagnostics.filter(({ severity }) => severity === "error");
    const error = (name: string) => errors.find((diagnostic) => diagnostic.name === name)?.message;
    expect(error("bad")).to.contain("exit status 7").and.to.contain("echo before").and.to.contain("the reason");
    expect(error("slow")).to.contain("time-out of 1 s");
    expect([engine.resource("bad"), engine.resource("slow")]).to.deep.equal([undefined, undefined]);
  });

  it("is not stopped by lines without an end, large output, or a process left behind with the output open", async () => {
    engine.program(
      program(`
        const long = new local.Command("long", { create: "head -c 300000 /dev/zero | tr '\\\\0' x; printf '\\\\r50%%\\\\r100%%'" });
        const many = new local.Command("many", { create: "seq 1 20000" });
        new local.Command("daemon", { create: "sleep 300 & echo started" });
        new local.Command("unread", { create: "true", stdin: "y".repeat(1000000) });
        exports.length = long.stdout.apply((text) => text.length); exports.many = many.stdout.apply((t) => t.split("\\n").length);`),
    );
    const outcome = await engine.succeed("up");
    expect(outcome.seconds).to.be.lessThan(150);
    const { length, many } = await engine.outputs();
    expect({ length, many }).to.deep.equal({ length: 300_009, many: 20_000 });
    const logged = outcome.diagnostics.filter(({ name }) => name === "long");
    const longest = Math.max(...logged.flatMap(({ message }) => message.split("\n").map((l) => l.length)));
    expect(longest).to.be.lessThan(2100);
  });

  it("ends the whole process group when the update is cancelled", async () => {
    const script = "echo ready; (sleep 300; true) & echo $! > child; sleep 300; echo never >> log";
    engine.program(program(`new local.Command("endless", { create: ${JSON.stringify(script)} });`));
    const outcome = await engine.run("up", [], (text) => text.includes("ready"));
    expect(outcome.code).to.not.equal(0);
    expect(outcome.seconds).to.be.lessThan(150);
    await sleep(200);
    expect(isRunning(Number(read("child")))).to.be.false;
  });

  it("gives files that a command made as assets, and runs a command at once as a function", async () => {
    writeFileSync(file("made-1.txt"), "1");
    const files = { create: "echo 2 > made-2.txt; echo 3 > made-3.log", assetPaths: ["made-*", "!*.log"] };
    engine.program(
      program(`
        const files = new local.Command("files", ${JSON.stringify(files)});
        exports.found = files.assets.apply((assets) => Object.keys(assets));
        exports.now = local.runOutput({ command: "echo $WHO", environment: { WHO: "me" } }).stdout;`),
    );
    await engine.succeed("up");
    expect(await engine.outputs()).to.deep.equal({ found: ["made-1.txt", "made-2.txt"], now: "me" });
  });
});

function isRunning(id: number): boolean {
  try {
    return !readFileSync(`/proc/${id}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
