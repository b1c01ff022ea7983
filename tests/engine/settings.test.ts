/**
 * The real Pulumi and the stack's file: its additions, the kept parts, and clones that share the file but not the
 * passphrase. Every clone is a folder of its own with the project's Pulumi.dev.yaml.
 *
 * Does not prove that each command checks the passphrase first, nor which other files `./cluster up` leaves there.
 */
import { execFileSync } from "node:child_process";
import { expect } from "chai";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Failure, type RunResult, tryRun, cacheFolder } from "@inaetics/workstation";
import {
  type Context,
  settingsFile,
  pulumiEnvironment,
  statePaths,
  passphraseProblem,
  checkpointFile,
  clusterCommand,
} from "@inaetics/stack";
import { putStateAside } from "../../cli/ownership/resources";
import { ensureStack } from "../../cli/setup/stack";
import { repository } from "../support/repository";

const text = fs.readFileSync(path.join(repository, "Pulumi.dev.yaml"), "utf8");
const comments = text.split("\n").filter((line) => line.startsWith("#"));
/** The committed file, without the settings of a user in this checkout. */
const committed = [...comments, "", "config:", '  inaetics:nodes: "5"', ""].join("\n");

class Clone {
  readonly context: Context;

  constructor(folder: string, name: string, settings = committed) {
    const root = path.join(folder, name);
    const state = path.join(root, ".state");
    const run = path.join(state, "run", "dev");
    this.context = { root, state, run, cache: cacheFolder(process.env), stack: "dev", cluster: "inaetics-dev" };
    fs.mkdirSync(root);
    fs.copyFileSync(path.join(repository, "Pulumi.yaml"), path.join(root, "Pulumi.yaml"));
    for (const file of ["program.js", "package.json", "node_modules"]) {
      fs.symlinkSync(path.join(repository, file), path.join(root, file));
    }
    fs.writeFileSync(settingsFile(this.context), settings);
  }

  settings(): string {
    return fs.readFileSync(settingsFile(this.context), "utf8");
  }

  async pulumi(...args: readonly string[]): Promise<RunResult> {
    const env = pulumiEnvironment(this.context, process.env);
    return tryRun("pulumi", args, { cwd: this.context.root, env });
  }

  async config(...args: readonly string[]): Promise<string> {
    const { exitCode, output } = await this.pulumi("config", ...args);
    expect(exitCode, output).to.equal(0);
    return output.trim();
  }

  /** Failure that explains why the stack was not made. */
  async refusal(): Promise<Failure> {
    const answer = await ensureStack(this.context).catch((error: unknown) => error);
    if (answer instanceof Failure) return answer;
    throw new Error(`no Failure: ${String(answer)}`);
  }
}

describe("the stack's file", function () {
  this.timeout(120_000);
  const inherited = { ...process.env };
  let folder: string;

  before(() => {
    delete process.env.PULUMI_CONFIG_PASSPHRASE;
    delete process.env.PULUMI_CONFIG_PASSPHRASE_FILE;
  });
  after(() => {
    Object.assign(process.env, inherited);
  });
  beforeEach(() => (folder = fs.mkdtempSync(path.join(tmpdir(), "inaetics-settings-"))));
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const made = async (): Promise<Clone> => {
    const clone = new Clone(folder, "first");
    await ensureStack(clone.context);
    return clone;
  };

  it("gets one line by the first use: the salt", async () => {
    const clone = await made();
    expect(clone.settings().replace(/^encryptionsalt: v1:\S+\n/m, "")).to.equal(committed);
    expect(clone.settings()).not.to.equal(committed);
    await ensureStack(clone.context);
    expect(clone.settings().match(/encryptionsalt/g)).to.have.length(1);
  });

  it("keeps its comments whatever is set and removed, and secrets only encrypted", async () => {
    const clone = await made();
    for (const change of [
      ["set", "nodes", "3"],
      ["set", "--path", "autoscaling.policy", "slope"],
      ["set", "--secret", "dashboardPassword", "not-to-be-read"],
      ["rm", "nodes"],
      ["rm", "autoscaling"],
      ["rm", "dashboardPassword"],
      ["set", "nodes", "5"],
    ]) {
      await clone.config(...change);
      const lines = clone.settings().split("\n");
      expect(lines.slice(0, comments.length), change.join(" ")).to.deep.equal(comments);
      expect(clone.settings()).not.to.contain("not-to-be-read");
    }
    expect(clone.settings()).to.match(/^config:\n {2}inaetics:nodes: "5"\n/m);
  });

  it("with a plain secret is refused by the program, with an encrypted one it is not", async () => {
    const clone = await made();
    const complaint =
      "registryPassword: got a plain value; allowed: an encrypted one; do: pulumi config set --secret registryPassword";
    await clone.config("set", "registryPassword", "not-to-be-read");
    const plain = await clone.pulumi("preview", "--non-interactive");
    expect(plain.exitCode).not.to.equal(0);
    expect(plain.output).to.contain(complaint).and.not.to.contain("not-to-be-read");
    await clone.config("set", "--secret", "registryPassword", "not-to-be-read");
    const encrypted = await clone.pulumi("preview", "--non-interactive");
    expect(encrypted.output).to.contain("Previewing update").and.not.to.contain("The configuration has");
  });

  describe("in another clone", () => {
    let shared: string;
    let passphrase: string;
    let other: Clone;

    beforeEach(async () => {
      const clone = await made();
      await clone.config("set", "--secret", "dashboardPassword", "shared-secret");
      shared = clone.settings();
      passphrase = fs.readFileSync(statePaths.passphrase(clone.context), "utf8");
      other = new Clone(folder, "second", shared);
    });
    afterEach(() => {
      delete process.env.PULUMI_CONFIG_PASSPHRASE;
    });

    const untouched = () => {
      expect(other.settings()).to.equal(shared);
      expect(fs.existsSync(checkpointFile(other.context))).to.equal(false);
    };

    it("needs the passphrase, and none is made instead", async () => {
      const { message, cure } = await other.refusal();
      expect(message).to.match(/^Pulumi\.dev\.yaml has an "encryptionsalt", .*passphrase; that is not there: /);
      expect(cure).to.contain(`into ${statePaths.passphrase(other.context)} (mode 600)`);
      expect(cure).to.contain('remove the settings with a "secure:" value');
      expect(fs.existsSync(statePaths.passphrase(other.context))).to.equal(false);
      untouched();
    });

    it("is refused with a passphrase that does not fit", async () => {
      fs.mkdirSync(other.context.state);
      fs.writeFileSync(statePaths.passphrase(other.context), "another");
      expect((await other.refusal()).message).to.contain(
        `is another than that of ${statePaths.passphrase(other.context)}`,
      );
      untouched();
    });

    it("works with the right one, in the file or in the variable", async () => {
      fs.mkdirSync(other.context.state);
      fs.writeFileSync(statePaths.passphrase(other.context), `${passphrase}\n`);
      await ensureStack(other.context);
      expect(await other.config("get", "dashboardPassword")).to.equal("shared-secret");
      expect(other.settings()).to.equal(shared);
      process.env.PULUMI_CONFIG_PASSPHRASE = passphrase;
      const third = new Clone(folder, "third", shared);
      await ensureStack(third.context);
      expect(await third.config("get", "dashboardPassword")).to.equal("shared-secret");
      expect(fs.existsSync(statePaths.passphrase(third.context))).to.equal(false);
    });

    it("starts afresh by the command that the refusal prints", async () => {
      const plain = new Clone(folder, "third", shared.replace(/^ +inaetics:dashboardPassword:\n +secure:.*\n/m, ""));
      const { cure } = await plain.refusal();
      const [, command] = /Nothing in it is encrypted, so this starts afresh: (.*)$/.exec(cure ?? "") ?? [];
      execFileSync("sh", ["-c", command ?? "exit 1"]);
      await ensureStack(plain.context);
      expect(passphraseProblem(plain.context)).to.equal(undefined);
    });
  });

  it("can lose its salt, for example to git, as long as the passphrase is there", async () => {
    const clone = await made();
    fs.writeFileSync(settingsFile(clone.context), committed);
    expect(passphraseProblem(clone.context)).to.equal(undefined);
    await clone.config("set", "--secret", "dashboardPassword", "not-to-be-read");
    expect(clone.settings()).to.match(/^encryptionsalt: v1:/m);
    expect(passphraseProblem(clone.context)).to.equal(undefined);
  });

  it("and a state that is there never get a new passphrase for a lost one", async () => {
    const clone = await made();
    const file = statePaths.passphrase(clone.context);
    const passphrase = fs.readFileSync(file);
    fs.rmSync(file);
    const lost = await clone.refusal();
    expect(lost.message).to.equal(`the passphrase that encrypted the state of stack dev is not there: ${file}`);
    expect(fs.existsSync(file)).to.equal(false);
    fs.writeFileSync(file, "another");
    expect(passphraseProblem(clone.context)?.message).to.contain(`is another than that of ${file}`);
    const { output } = await clone.pulumi("config", "set", "--secret", "dashboardPassword", "x");
    expect(output, "Pulumi agrees").to.contain("incorrect passphrase");
    fs.writeFileSync(file, passphrase);
    expect(passphraseProblem(clone.context)).to.equal(undefined);
  });

  it("and the state can be given up together, as the refusal says", async () => {
    const clone = await made();
    fs.rmSync(statePaths.passphrase(clone.context));
    const { cure } = await clone.refusal();
    expect(cure).to.contain(`${clusterCommand(clone.context)} destroy --force-boxes`);
    expect(cure).to.contain('remove the line "encryptionsalt"');
    putStateAside(clone.context);
    fs.writeFileSync(settingsFile(clone.context), committed);
    await ensureStack(clone.context);
    expect(passphraseProblem(clone.context)).to.equal(undefined);
  });
});
