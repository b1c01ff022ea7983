/**
 * Differences of a box in the real engine, with a program `ssh` of the test: shown by preview and by refresh, repaired
 * once, and then unchanged.
 *
 * Does not prove: that a box reports its differences (tests/cluster/parts/drift.ts).
 */
import { expect } from "chai";
import { chmodSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { Engine, type Outcome } from "./engine";

const build = path.resolve(__dirname, "..", "..");

describe("BoxSurvey in the engine", function () {
  this.timeout(300_000);
  let engine: Engine;
  before(() => {
    engine = new Engine(["pulumi-nodejs"]);
  });
  after(async () => {
    await engine.run("destroy");
    engine.remove();
  });

  const program = (...found: readonly string[]) =>
    engine.program(`
      const { BoxSurvey } = require("${build}/components/box/BoxSurvey");
      exports.repairs = new BoxSurvey("survey", { ssh: ["box"], found: Promise.resolve(${JSON.stringify(found)}) }).repairs;`);
  /** Lets every box answer a survey so. */
  const answer = (text: string, code = 0) => {
    const ssh = path.join(engine.folder, "bin", "ssh");
    writeFileSync(ssh, `#!/bin/sh\nprintf '${text}'\nexit ${code}\n`);
    chmodSync(ssh, 0o755);
  };
  const repairs = async () => (await engine.outputs())["repairs"];
  const changed = ({ steps }: Outcome) => steps.filter(({ op }) => op === "update").map(({ name }) => name);

  it("counts no repair while nothing differs", async () => {
    program();
    await engine.succeed("up");
    expect(await repairs()).to.equal(0);
    await engine.succeed("preview", ["--expect-no-changes"]);
  });

  it("shows what the program found, counts its repair once, and is then unchanged", async () => {
    program("unit etcd.service is inactive");
    expect(changed(await engine.succeed("preview"))).to.deep.equal(["survey"]);
    await engine.succeed("up");
    expect(await repairs()).to.equal(1);
    program();
    await engine.succeed("preview", ["--expect-no-changes"]);
  });

  it("keeps what a refresh found until an update has repaired it", async () => {
    answer("drift file /etc/x differs\\nnote other\\n");
    await engine.succeed("refresh");
    expect(engine.resource("survey")?.outputs?.["found"]).to.deep.equal(["file /etc/x differs"]);
    expect(changed(await engine.succeed("preview"))).to.deep.equal(["survey"]);
    answer("");
    await engine.succeed("up");
    expect(await repairs()).to.equal(2);
    await engine.succeed("refresh");
    await engine.succeed("preview", ["--expect-no-changes"]);
  });

  it("reports by refresh a box that does not answer", async () => {
    answer("", 255);
    await engine.succeed("refresh");
    expect(engine.resource("survey")?.outputs?.["found"]).to.deep.equal(["the box does not answer on ssh"]);
  });
});
