/**
 * Checkouts that own the boxes of a stack, with the real Pulumi and a real container in place of the controller: a second
 * clone, a moved checkout, a lost state, a lost passphrase.
 *
 * Does not prove that boxes run on after an adoption: the program makes no resources.
 */
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Writable } from "node:stream";
import { CLUSTER_LABEL } from "@inaetics/model";
import { checkpointFile, type Context, settingsFile, statePaths } from "@inaetics/stack";
import { cacheFolder, createProgress, Failure } from "@inaetics/workstation";
import { adopt } from "../../cli/lifecycle/adopt";
import { destroy, forceBoxes } from "../../cli/lifecycle/destroy";
import { dockerObjects } from "../../cli/ownership/objects";
import { requireOwner } from "../../cli/ownership/require";
import { runOperation } from "../../cli/pulumi/operation";
import { ensureStack } from "../../cli/setup/stack";
import { repository } from "../support/repository";

const image = "inaetics/debian:bookworm";
const progress = createProgress(new Writable({ write: (_chunk, _encoding, done) => done() }));
const docker = (...args: readonly string[]) => execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" }).trim();

/** Returns the refusal of some work. Fails when it is not refused. */
async function refusal(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("was not refused");
}

describe("the owner of real containers", function () {
  this.timeout(240_000);
  this.slow(20_000);
  const base = fs.mkdtempSync(path.join(tmpdir(), "inaetics-adopt-"));
  const stack = `t${process.pid}`;
  const container = `inaetics-${stack}-controller`;

  /** Makes a clone: the project with another program. */
  const clone = (name: string): Context => {
    const root = path.join(base, name);
    fs.mkdirSync(path.join(root, "vagrant"), { recursive: true });
    for (const entry of ["node_modules", "tools", "plugins", "package.json", "package-lock.json", ".build"]) {
      fs.symlinkSync(path.join(repository, entry), path.join(root, entry));
    }
    fs.copyFileSync(path.join(repository, "Pulumi.yaml"), path.join(root, "Pulumi.yaml"));
    fs.writeFileSync(
      path.join(root, "program.js"),
      `const { secret } = require("@pulumi/pulumi"); exports.word = secret("kept");`,
    );
    return at(root);
  };
  const at = (root: string): Context => {
    const state = path.join(root, ".state");
    const run = path.join(state, "run", stack);
    return { root, state, run, cache: cacheFolder(process.env), stack, cluster: `inaetics-${stack}` };
  };
  const addBox = (context: Context) => {
    const id = fs.readFileSync(statePaths.checkout(context), "utf8").trim();
    const labels = { [CLUSTER_LABEL]: context.cluster, "inaetics.checkout": id };
    const all = Object.entries({ ...labels, "inaetics.folder": path.join(context.root, "vagrant") });
    const options = all.flatMap(([name, value]) => ["--label", `${name}=${value}`]);
    docker("volume", "create", ...options, `${container}-data`);
    const mount = ["--volume", `${container}-data:/var/lib/inaetics`];
    docker("run", "--detach", "--name", container, ...options, ...mount, image, "sleep", "infinity");
  };

  let first: Context;
  let passphrase: string;
  const environment = { ...process.env };

  before(async () => {
    for (const name of Object.keys(process.env).filter((each) => each.startsWith("PULUMI_")))
      Reflect.deleteProperty(process.env, name);
    first = clone("first");
    await ensureStack(first);
    addBox(first);
    // The key is a file that is written once, so the copy must bring it back.
    fs.mkdirSync(path.dirname(statePaths.sshKey(first)), { recursive: true });
    fs.writeFileSync(statePaths.sshKey(first), "the key", { mode: 0o600 });
    await runOperation(first, "up", [], progress);
    passphrase = path.join(base, "passphrase");
    fs.copyFileSync(statePaths.passphrase(first), passphrase);
  });
  after(() => {
    Object.assign(process.env, environment);
    try {
      docker("rm", "--force", "--volumes", container);
      docker("volume", "rm", "--force", `${container}-data`);
    } finally {
      fs.rmSync(base, { recursive: true, force: true });
    }
  });

  it("is the checkout that made them, also after its folder was moved", async () => {
    await requireOwner(first);
    const moved = at(path.join(base, "moved"));
    fs.renameSync(first.root, moved.root);
    first = moved;
    await requireOwner(first);
  });

  it("is not a second clone: show, destroy and forced removal are refused with the folder, and change nothing", async () => {
    const second = clone("second");
    for (const work of [
      () => requireOwner(second),
      () => forceBoxes(second, true),
      () => adopt(second, { passphraseFile: passphrase }),
    ]) {
      expect((await refusal(work())).message).to.contain(first.root);
    }
    expect(docker("inspect", "--format", "{{.State.Running}}", container)).to.equal("true");
    expect(fs.existsSync(second.state), "a state").to.equal(false);
  });

  it("keeps a copy that docker reads from a halted box, encrypted and for root alone", () => {
    docker("stop", "--time", "0", container);
    const file = path.join(base, "copy");
    docker("cp", `${container}:/var/lib/inaetics/state.age`, file);
    const text = fs.readFileSync(file, "latin1");
    expect(text).to.match(/^age-encryption\.org\/v1/);
    expect(text).not.to.contain("the key");
    expect(fs.statSync(file).mode & 0o077).to.equal(0);
  });

  describe("with a lost state", () => {
    let checkpoint: string;
    before(() => {
      checkpoint = fs.readFileSync(checkpointFile(first), "utf8");
      fs.rmSync(first.state, { recursive: true });
      fs.rmSync(settingsFile(first));
    });

    it("is none: up is refused, and the ways are named", async () => {
      const { message, cure } = await refusal(requireOwner(first));
      expect(message).to.contain("no state of them");
      expect(cure).to.contain("./cluster adopt").and.to.contain("./cluster destroy --force-boxes");
      expect(fs.existsSync(first.state), "a new passphrase").to.equal(false);
    });

    it("is not found by another passphrase, nor by none", async () => {
      const wrong = path.join(base, "wrong");
      fs.writeFileSync(wrong, "another one");
      expect((await refusal(adopt(first, { passphraseFile: wrong }))).message).to.contain("cannot be decrypted");
      expect((await refusal(adopt(first, { passphraseFile: `${wrong}.missing` }))).message).to.contain(
        "cannot be read",
      );
      expect(fs.existsSync(statePaths.passphrase(first))).to.equal(false);
    });

    it("is the checkout that adopts them: same state, files and secrets, and nothing to change", async () => {
      await adopt(first, { passphraseFile: passphrase });
      expect(fs.readFileSync(checkpointFile(first), "utf8")).to.equal(checkpoint);
      expect(fs.readFileSync(statePaths.sshKey(first), "utf8")).to.equal("the key");
      expect(fs.statSync(statePaths.sshKey(first)).mode & 0o077).to.equal(0);
      expect(fs.readFileSync(statePaths.passphrase(first), "utf8").trim()).to.equal(
        fs.readFileSync(passphrase, "utf8"),
      );
      await requireOwner(first);
      await runOperation(first, "up", ["--expect-no-changes"], progress);
      expect((await refusal(adopt(first, { passphraseFile: passphrase }))).message).to.contain("has a state");
    });
  });

  describe("afterwards", () => {
    it("can be another checkout, when it is told to take over", async () => {
      const third = clone("third");
      expect((await refusal(adopt(third, { passphraseFile: passphrase }))).cure).to.contain("--take-over");
      await adopt(third, { passphraseFile: passphrase, takeOver: true });
      await requireOwner(third);
      expect((await refusal(requireOwner(first))).message).to.contain(third.root);
      first = third;
    });

    it("that lost its passphrase is told to supply it or to remove the boxes, which then works", async () => {
      fs.rmSync(statePaths.passphrase(first));
      const { cure } = await refusal(destroy(first, { kind: "all", args: [] }, true));
      expect(cure).to.contain("PULUMI_CONFIG_PASSPHRASE_FILE").and.to.contain(`--stack ${stack} destroy --force-boxes`);
      expect((await dockerObjects(first)).map(({ kind }) => kind)).to.deep.equal(["container", "volume"]);
      await forceBoxes(first, true);
      expect(await dockerObjects(first)).to.deep.equal([]);
      expect(fs.existsSync(checkpointFile(first))).to.equal(false);
      expect(fs.readdirSync(path.join(first.state, "removed"))).to.have.length(1);
    });
  });
});
