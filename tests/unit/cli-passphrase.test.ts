/**
 * The passphrase of a checkout: the salts that it fits, and the errors when it is missing or another one. Pulumi 3.274
 * made the salts.
 *
 * Does not prove that Pulumi still writes such salts, nor that it accepts what these checks accept:
 * tests/engine/settings does.
 */
import { expect } from "chai";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Failure, type Environment } from "@inaetics/workstation";
import {
  type Context,
  settingsFile,
  pulumiEnvironment,
  statePaths,
  ensurePassphrase,
  passphraseProblem,
  saltFits,
  saltOfSettings,
  saltOfState,
} from "@inaetics/stack";

/** Made with the passphrase "abc". */
const salt = "v1:KaQ2sv649uw=:v1:RapRNP+cnuAkPeA/:vshNo9lW+arHtGH3Jr32qOWxOSd2HA==";
const settings = `# comment\nconfig:\n  inaetics:nodes: "5"\nencryptionsalt: ${salt}\n`;
const secret = settings.replace("encryptionsalt", "  inaetics:dashboardPassword:\n    secure: v1:x:y\nencryptionsalt");
const state = JSON.stringify({
  checkpoint: { latest: { secrets_providers: { type: "passphrase", state: { salt } } } },
});

describe("a salt", function () {
  this.timeout(30_000);

  it("fits the passphrase that made it", () => expect(saltFits(salt, "abc")).to.equal(true));

  for (const other of ["", "abC", "abc "]) {
    it(`does not fit ${JSON.stringify(other)}`, () => expect(saltFits(salt, other)).to.equal(false));
  }

  it("that was changed or cut off fits no passphrase", () => {
    expect(saltFits(salt.replace("vshN", "vshM"), "abc")).to.equal(false);
    expect(saltFits(salt.slice(0, -10), "abc")).to.equal(false);
    expect(saltFits(salt.replace("RapRNP+cnuAkPeA/", "R"), "abc")).to.equal(false);
  });

  it("of an unknown form is left to Pulumi", () => {
    for (const text of ["", "v2:KaQ2sv649uw=:x", salt.replace(":v1:", ":v2:"), "v1:KaQ2sv649uw="]) {
      expect(saltFits(text, "other"), text).to.equal(true);
    }
  });

  it("is found in a stack's file and in its state, and nowhere else", () => {
    expect(saltOfSettings(settings)).to.equal(salt);
    expect(saltOfState(state)).to.equal(salt);
    for (const text of ["", "# encryptionsalt: x\n", "config:\n  encryptionsalt: x\n", "- x", "a: ["]) {
      expect(saltOfSettings(text), text).to.equal(undefined);
    }
    for (const text of ["", "{", "{}", "null", '{"checkpoint":{"latest":null}}']) {
      expect(saltOfState(text), text).to.equal(undefined);
    }
  });
});

describe("the passphrase", function () {
  this.timeout(30_000);
  let context: Context;
  let own: string;
  const write = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  };
  const writeState = (stack: string) => write(path.join(statePaths.stacks(context), `${stack}.json`), state);
  const problem = (environment: Environment = {}) => passphraseProblem(context, environment);

  beforeEach(() => {
    const root = fs.mkdtempSync(path.join(tmpdir(), "inaetics-passphrase-"));
    const folders = { root, cache: path.join(root, "cache"), state: path.join(root, ".state"), run: root };
    context = { ...folders, stack: "dev", cluster: "inaetics-dev" };
    own = statePaths.passphrase(context);
  });
  afterEach(() => fs.rmSync(context.root, { recursive: true, force: true }));

  it("is made once, for this user alone", () => {
    ensurePassphrase(context, {});
    const made = fs.readFileSync(own, "utf8");
    expect(made).to.match(/^[\w-]{32}$/);
    fs.chmodSync(own, 0o644);
    ensurePassphrase(context, {});
    expect(fs.readFileSync(own, "utf8")).to.equal(made);
    expect(fs.statSync(own).mode & 0o777).to.equal(0o600);
  });

  it("is not made when the user has one", () => {
    ensurePassphrase(context, { PULUMI_CONFIG_PASSPHRASE: "abc" });
    write(path.join(context.root, "mine"), "abc\n");
    ensurePassphrase(context, { PULUMI_CONFIG_PASSPHRASE_FILE: path.join(context.root, "mine") });
    expect(fs.existsSync(own)).to.equal(false);
  });

  it("is not made when the file or any stack's state has a salt", () => {
    const refused = () => {
      expect(() => ensurePassphrase(context, {})).to.throw(Failure, `is not there: ${own}`);
      expect(fs.existsSync(own)).to.equal(false);
    };
    write(settingsFile(context), settings);
    refused();
    fs.rmSync(settingsFile(context));
    writeState("other");
    refused();
    expect(problem()?.message).to.contain("the state of stack other");
    writeState("dev");
    expect(problem()?.message).to.contain("the state of the stacks dev, other");
  });

  it("fits the file, from each source that Pulumi reads", () => {
    write(settingsFile(context), settings);
    write(own, "abc\n");
    expect(problem()).to.equal(undefined);
    write(own, "other");
    const file = path.join(context.root, "mine");
    write(file, " abc\n");
    expect(problem({ PULUMI_CONFIG_PASSPHRASE_FILE: file })).to.equal(undefined);
    expect(problem({ PULUMI_CONFIG_PASSPHRASE: "abc", PULUMI_CONFIG_PASSPHRASE_FILE: "/nowhere" })).to.equal(undefined);
    expect(problem({ PULUMI_CONFIG_PASSPHRASE_FILE: "" })?.message).to.contain(`another than that of ${own}`);
    expect(problem({ PULUMI_CONFIG_PASSPHRASE: "" })?.message).to.contain("that of PULUMI_CONFIG_PASSPHRASE");
    expect(problem({ PULUMI_CONFIG_PASSPHRASE_FILE: "/nowhere" })?.message).to.match(
      /^PULUMI_CONFIG_PASSPHRASE_FILE: got \/nowhere, which cannot be read; allowed: /,
    );
  });

  it("that differs is an error with the place for the right one, and with the way without it", () => {
    write(own, "other");
    write(settingsFile(context), settings);
    expect(problem()?.message).to.equal(
      `Pulumi.dev.yaml has an "encryptionsalt", by which Pulumi recognises its passphrase; that is another than that of ${own}`,
    );
    expect(problem()?.cure).to.contain(`into ${own} (mode 600), or set PULUMI_CONFIG_PASSPHRASE or PULUMI_`);
    expect(problem()?.cure).to.contain("Nothing in it is encrypted");
    write(settingsFile(context), secret);
    expect(problem()?.cure).to.contain('remove the settings with a "secure:" value');
  });

  it("must decrypt the stack's own state, not another's", () => {
    write(own, "other");
    writeState("second");
    expect(problem()).to.equal(undefined);
    writeState("dev");
    expect(problem()?.message).to.equal(
      `the passphrase that encrypted the state of stack dev is another than that of ${own}`,
    );
  });

  it("comes from the file that the user names, else from the checkout's", () => {
    expect(pulumiEnvironment(context, {}).PULUMI_CONFIG_PASSPHRASE_FILE).to.equal(own);
    const chosen = { PULUMI_CONFIG_PASSPHRASE_FILE: "/mine" };
    expect(pulumiEnvironment(context, chosen).PULUMI_CONFIG_PASSPHRASE_FILE).to.equal("/mine");
  });
});
