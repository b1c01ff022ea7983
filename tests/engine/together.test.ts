/**
 * Two processes that change or preview one stack a moment apart, by the commands' own operations and the real Pulumi:
 * the second one waits. Does not prove anything about boxes; the program makes no resources.
 */
import { expect } from "chai";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder } from "@inaetics/workstation";
import type { Context } from "@inaetics/stack";
import { repository } from "../support/repository";

interface Ended {
  readonly code: number | null;
  readonly text: string;
  readonly at: number;
}

/** Script of a process: an operation on the context of its first argument. */
const script = `
const { createProgress } = require(process.argv[3] + "/packages/workstation/index.js");
const { ensureStack } = require(process.argv[3] + "/cli/setup/stack.js");
const { runOperation } = require(process.argv[3] + "/cli/pulumi/operation.js");
const { runPulumi } = require(process.argv[3] + "/cli/pulumi/attached.js");
const [context, operation] = [JSON.parse(process.argv[2]), process.argv[4]];
(async () => {
  await ensureStack(context);
  if (operation === "preview") process.exitCode = await runPulumi(context, ["preview", "--non-interactive"]);
  else await runOperation(context, operation, [], createProgress());
})().catch((error) => { console.error(error); process.exitCode = 1; });
`;

describe("two commands on one stack", function () {
  this.timeout(240_000);
  let context: Context;

  beforeEach(() => {
    const root = fs.mkdtempSync(path.join(tmpdir(), "inaetics-together-"));
    const state = path.join(root, ".state");
    const run = path.join(state, "run", "two");
    context = { root, state, run, cache: cacheFolder(process.env), stack: "two", cluster: "inaetics-two-together" };
    fs.copyFileSync(path.join(repository, "Pulumi.yaml"), path.join(root, "Pulumi.yaml"));
    fs.symlinkSync(path.join(repository, "node_modules"), path.join(root, "node_modules"));
    fs.writeFileSync(path.join(root, "package.json"), `{"name": "together", "main": "program.js"}\n`);
    // The program takes a while, so that the operations would overlap.
    fs.writeFileSync(
      path.join(root, "program.js"),
      `require("@pulumi/pulumi"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);`,
    );
  });
  afterEach(() => fs.rmSync(context.root, { recursive: true, force: true }));

  const start = (operation: string): Promise<Ended> => {
    const args = ["-e", script, "-", JSON.stringify(context), path.join(repository, ".build"), operation];
    // The passphrase and the backend of the tests' own stack must not leak in.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PULUMI_")));
    const child = spawn(process.execPath, args, { cwd: repository, env, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (part: string) => (text += part));
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, text, at: performance.now() })));
  };

  for (const second of ["up", "refresh", "preview"]) {
    it(`up, and ${second} while it starts: the second one waits`, async () => {
      const first = start("up");
      await sleep(1000);
      const both = await Promise.all([first, start(second)]);
      for (const { code, text } of both) expect(code, text).to.equal(0);
      // Under load the second process may come first.
      const last = both[0].at > both[1].at ? both[0] : both[1];
      expect(last.text).to.match(/waiting: process \d+ works on stack two/);
    });
  }
});
