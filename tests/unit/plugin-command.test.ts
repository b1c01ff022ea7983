/**
 * The pure parts of the command plugin.
 * Does not prove: that commands run (tests/engine does).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Properties, unknown } from "../../plugins/lib";
import { globExpression } from "../../plugins/command/assets";
import { checkConnection, connectionOf } from "../../plugins/command/dial";
import { LineLog } from "../../plugins/command/lines";
import { localCommand } from "../../plugins/command/local";
import { ScriptFailed } from "../../plugins/command/run";

function logOf(chunks: readonly Buffer[]): string[] {
  const messages: string[] = [];
  const log = new LineLog((message) => messages.push(message));
  for (const chunk of chunks) log.write(chunk);
  log.end();
  return messages.flatMap((message) => message.split("\n"));
}

describe("the log of a command's output", () => {
  it("has the same lines however the output arrives", () => {
    const printable = fc.array(fc.constantFrom("a", "é", "\n", "\r\n", "\r", "€", "😀"), { maxLength: 60 });
    fc.assert(
      fc.property(printable, fc.array(fc.nat(7), { minLength: 1 }), (parts, sizes) => {
        const text = Buffer.from(parts.join(""));
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < text.length; turn++) {
          const size = 1 + (sizes[turn % sizes.length] ?? 0);
          chunks.push(text.subarray(at, (at += size)));
        }
        const expected = text.toString().split(/\r\n|\r|\n/);
        expect(logOf(chunks)).to.deep.equal(expected.filter((line) => line !== ""));
      }),
    );
  });

  it("cuts long lines and reports how much is missing", () => {
    const lines = logOf([Buffer.from("x".repeat(70_000)), Buffer.from("x".repeat(10)), Buffer.from("\nnext")]);
    expect(lines).to.deep.equal([`${"x".repeat(2000)} ... (68010 more characters)`, "next"]);
  });

  it("ends after a megabyte", () => {
    const lines = logOf(Array.from({ length: 3000 }, () => Buffer.from(`${"x".repeat(999)}\n`)));
    expect(lines.length).to.be.within(1040, 1060);
    expect(lines.at(-1)).to.contain("not logged");
  });
});

describe("a failed script's error", () => {
  const script = { environment: {}, stdin: undefined, logging: "stdoutAndStderr" as const };

  it("has the ending, the first line of the script and the end of the output", () => {
    const output = { stdout: `${"a".repeat(9000)}\nlast`, stderr: "the reason" };
    const { message } = new ScriptFailed("exit status 3", { ...script, text: "first\nsecond" }, output);
    expect(message).to.match(/^exit status 3: running "first \.\.\.":/);
    expect(message).to.contain("last\nthe reason").and.to.contain("not shown");
    expect(message.length).to.be.lessThan(4500);
  });

  it("leaves out standard output when logging is off", () => {
    const output = { stdout: "quiet-word", stderr: "the reason" };
    const { message } = new ScriptFailed("exit status 3", { ...script, logging: "none", text: "a" }, output);
    expect(message).to.contain("the reason").and.to.not.contain("quiet-word");
  });
});

describe("the arguments of a command", () => {
  const context = { urn: "", type: "", name: "", signal: new AbortController().signal };
  const log = Object.assign(() => undefined, { status: () => undefined });
  const check = async (inputs: Properties) => {
    const request = { ...context, log, inputs, oldInputs: undefined };
    return (await localCommand.check?.(request))?.failures ?? [];
  };

  it("are checked, each problem with its path", async () => {
    const found = await check({ create: 1, logging: "loud", environment: { A: 1 }, interpreter: "sh", conection: {} });
    const properties = ["conection", "create", "logging", "environment.A", "interpreter"];
    expect(found.map(({ property }) => property)).to.deep.equal(properties);
    expect(found[2]?.reason).to.contain("stdoutAndStderr");
    expect(await check({ create: "true", stdin: unknown, environment: unknown, triggers: [1] })).to.deep.equal([]);
  });
});

describe("a connection", () => {
  it("has @pulumi/command's defaults", () => {
    const connection = connectionOf({ host: "box", proxy: { host: "bastion", port: 2222 } });
    expect(connection).to.include({ host: "box", port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 });
    expect(connection.proxy).to.include({ host: "bastion", port: 2222 });
  });

  it("is checked, its proxy too", () => {
    const failures = checkConnection({ host: "", port: "22", proxy: {} });
    const found = failures.map(({ property }) => property);
    expect(found).to.deep.equal(["connection.host", "connection.port", "connection.proxy.host"]);
    expect(checkConnection({ host: "box" })).to.deep.equal([]);
  });
});

describe("patterns of assetPaths", () => {
  it("match as shells do", () => {
    const matching = (glob: string) =>
      ["a.txt", "b/a.txt", "b/c/a.txt", "a+txt"].filter((f) => globExpression(glob).test(f));
    expect(matching("*.txt")).to.deep.equal(["a.txt"]);
    expect(matching("**/*.txt")).to.deep.equal(["a.txt", "b/a.txt", "b/c/a.txt"]);
    expect(matching("b/?.txt")).to.deep.equal(["b/a.txt"]);
    expect(matching("**")).to.have.length(4);
  });
});

describe("a killed plugin", () => {
  it("leaves no command behind", async function () {
    this.timeout(15_000);
    const module = path.join(__dirname, "../../plugins/command/process.js");
    const code = `
      const context = { signal: new AbortController().signal, log: Object.assign(() => {}, { status: () => {} }) };
      const script = { text: "sleep 300 & echo $! >&2; sleep 300", environment: process.env, logging: "stderr" };
      context.log = (_severity, message) => console.log(message);
      require(${JSON.stringify(module)}).runLocally({ interpreter: ["/bin/sh", "-c"] }, script, context);`;
    const plugin = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
    const child = await new Promise<number>((resolve) => {
      plugin.stdout.once("data", (chunk: Buffer) => resolve(Number(chunk.toString())));
    });
    expect(isRunning(child)).to.be.true;
    plugin.kill("SIGKILL");
    for (let tries = 0; isRunning(child) && tries < 100; tries++) await sleep(100);
    expect(isRunning(child)).to.be.false;
  });
});

function isRunning(id: number): boolean {
  try {
    return !readFileSync(`/proc/${id}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
