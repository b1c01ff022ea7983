/**
 * The commands' reading of Pulumi's locks and events. Does not prove that Pulumi writes them so: the engine and cluster
 * tests run the real one.
 */
import { spawn } from "node:child_process";
import { expect } from "chai";
import { locksStack } from "../../cli/pulumi/attached";
import { EngineEvent, interpret, readable } from "../../cli/pulumi/events";
import { judgeLock, processName } from "../../cli/pulumi/heal";

describe("a lock of the file backend", () => {
  const lock = { pid: 4711, hostname: "here" };

  it("is stale when its process is gone", () => expect(judgeLock(lock, "here", () => undefined)).to.equal("stale"));

  it("is stale when another program has its number", () => {
    expect(judgeLock(lock, "here", () => "/usr/bin/vim")).to.equal("stale");
    expect(judgeLock(lock, "here", () => "/opt/pulumi-notes")).to.equal("stale");
  });

  it("is in use while its pulumi runs", () => {
    expect(judgeLock(lock, "here", () => "pulumi")).to.equal("ours");
    expect(judgeLock(lock, "here", () => "/cache/bin/pulumi")).to.equal("ours");
  });

  it("of another machine is never judged by this machine's processes", () =>
    expect(judgeLock(lock, "elsewhere", () => undefined)).to.equal("foreign"));

  it("is judged by real processes", async () => {
    const child = spawn("sleep", ["60"]);
    const { pid = 0 } = child;
    expect(processName(pid)).to.match(/sleep|node/);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(processName(pid)).to.equal(undefined);
  });
});

describe("engine events", () => {
  const metadata = {
    op: "create",
    urn: "urn:pulumi:dev::inaetics::a$command:local:Command::node-1-machine",
    type: "command:local:Command",
    new: { custom: true },
  };
  const started = (change: object = {}): EngineEvent => ({
    resourcePreEvent: { metadata: { ...metadata, ...change } },
  });

  it("name the step and its operation", () =>
    expect(interpret(started())).to.deep.equal({
      kind: "started",
      key: `create ${metadata.urn}`,
      name: "create node-1-machine (Command)",
    }));

  it("of unchanged resources, components and providers are not shown", () => {
    expect(interpret(started({ op: "same" }))).to.equal(undefined);
    expect(interpret(started({ new: { custom: false } }))).to.equal(undefined);
    expect(interpret(started({ type: "pulumi:providers:kubernetes" }))).to.equal(undefined);
  });

  it("end the steps that they started, with success or failure", () => {
    const key = `create ${metadata.urn}`;
    expect(interpret({ resOutputsEvent: { metadata } })).to.deep.equal({ kind: "ended", key, failed: false });
    expect(interpret({ resOpFailedEvent: { metadata } })).to.deep.equal({ kind: "ended", key, failed: true });
  });

  it("of deletions are read from the old state", () =>
    expect(interpret(started({ op: "delete", new: null, old: { custom: true } }))).to.include({
      name: "remove node-1-machine (Command)",
    }));

  it("carry errors with the resource's name and without stack traces", () => {
    const shown = interpret({
      diagnosticEvent: {
        urn: metadata.urn,
        severity: "error",
        message: "<{%reset%}>error: it broke\n    at create (/x/y.js:1:2)<{%reset%}>\n",
      },
    });
    expect(shown).to.deep.equal({ kind: "message", severity: "error", text: "node-1-machine: it broke" });
  });

  it("of debugging and of expected plugins are not shown", () => {
    const diagnostic = (severity: string, message: string): EngineEvent => ({ diagnosticEvent: { severity, message } });
    expect(interpret(diagnostic("debug", "x"))).to.equal(undefined);
    expect(interpret(diagnostic("warning", "using pulumi-resource-command from $PATH at /x"))).to.equal(undefined);
    expect(interpret(diagnostic("warning", "low on space"))).to.include({ text: "low on space" });
  });

  it("keep the whole message of the program", () => {
    const thrown =
      "Running program '/x' failed with an unhandled exception:\nSettingsError: two problems:\n  nodes: got 0\n    at parse (/x:1:2)\n";
    expect(readable(thrown)).to.equal("SettingsError: two problems:\n  nodes: got 0");
  });
});

describe("a command of pulumi", () => {
  it("waits for other changes when it changes the stack, whatever its options are", () => {
    for (const line of [
      "up",
      "preview --diff",
      "--logtostderr state delete URN",
      "stack import --file x",
      "import a b c",
    ]) {
      expect(locksStack(line.split(" ")), line).to.equal(true);
    }
    for (const line of ["stack output", "config set nodes 4", "stack export", "--version", ""]) {
      expect(locksStack(line.split(" ")), line).to.equal(false);
    }
  });
});
