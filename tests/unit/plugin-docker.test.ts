/**
 * The pure parts of the docker plugin: the files of a build context, its digest, names and logins.
 * Does not prove: that images are built (tests/engine does).
 */
import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { buffer } from "node:stream/consumers";
import { Properties, unknown } from "../../plugins/lib";
import { contextDigest, contextTar, readContext } from "../../plugins/docker/context";
import { dockerfileProblem } from "../../plugins/docker/dockerfile";
import { imageResource } from "../../plugins/docker/image";
import { ignoreRules } from "../../plugins/docker/ignore";
import { authHeader, isLoginProblem, loginFor, parseImageName } from "../../plugins/docker/registry";

describe("a build context", () => {
  let folder: string;
  const file = (name: string) => path.join(folder, name);
  const digest = async () => contextDigest(await readContext(folder, file("Dockerfile")));

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "inaetics-context-"));
    mkdirSync(file("below"));
    writeFileSync(file("Dockerfile"), "FROM scratch\n");
    writeFileSync(file("below/data"), "data", { mode: 0o644 });
    writeFileSync(file(".dockerignore"), "*.log\nDockerfile\nignored\n!ignored/kept\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("has another digest when a name, a content, a mode or a link changes, and only then", async () => {
    const seen = [await digest()];
    const change = async (make: () => void) => {
      make();
      const now = await digest();
      expect(seen).to.not.include(now);
      seen.push(now);
    };
    await change(() => writeFileSync(file("below/data"), "other"));
    await change(() => chmodSync(file("below/data"), 0o755));
    await change(() => writeFileSync(file("empty"), ""));
    await change(() => symlinkSync("below", file("link")));
    await change(() => {
      unlinkSync(file("link"));
      symlinkSync("elsewhere", file("link"));
    });
    await change(() => mkdirSync(file("folder")));
    await change(() => writeFileSync(file("Dockerfile"), "FROM other\n"));
    utimesSync(file("below/data"), 1, 1);
    writeFileSync(file("some.log"), "ignored");
    expect(await digest()).to.equal(seen.at(-1));
  });

  it("is sent as a tar with the Dockerfile, without ignored files, with files that a later rule includes again", async () => {
    mkdirSync(file("ignored"));
    writeFileSync(file("ignored/out"), "");
    writeFileSync(file("ignored/kept"), "");
    symlinkSync("below/data", file("link"));
    const tar = await buffer(contextTar(await readContext(folder, file("Dockerfile"))));
    const names = execFileSync("tar", ["-t"], { input: tar }).toString().trim().split("\n");
    expect(names).to.deep.equal([
      ".dockerignore",
      "Dockerfile",
      "below/",
      "below/data",
      "ignored/",
      "ignored/kept",
      "link",
    ]);
    const text = execFileSync("tar", ["-x", "-O", "below/data"], { input: tar }).toString();
    expect(text).to.equal("data");
  });

  it("takes a Dockerfile from outside of it", async () => {
    const context = await readContext(file("below"), file("Dockerfile"));
    expect(context.dockerfile).to.match(/^\.dockerfile\./);
    const tar = await buffer(contextTar(context));
    expect(execFileSync("tar", ["-x", "-O", context.dockerfile], { input: tar }).toString()).to.equal("FROM scratch\n");
  });
});

describe("the arguments of an image", () => {
  const image = imageResource(() => expect.fail("nothing is built here"));
  const context = { urn: "", type: "", name: "", signal: new AbortController().signal };
  const log = Object.assign(() => undefined, { status: () => undefined });
  const failuresOf = async (inputs: Properties) => {
    const request = { ...context, log, inputs, oldInputs: undefined };
    return ((await image.check?.(request))?.failures ?? []).map(({ property, reason }) => `${property}: ${reason}`);
  };

  it("are checked before anything is done", async () => {
    const build = { context: "nowhere" };
    expect((await failuresOf({ imageName: "box:5000/a", build }))[0]).to.match(/^build: .*nowhere does not exist$/);
    expect((await failuresOf({ imageName: "Not A Name", build: unknown }))[0]).to.match(/^imageName: .*allowed/);
    const other = { imageName: "box:5000/a", build: unknown, registry: { server: "other:5000" } };
    expect((await failuresOf(other))[0]).to.match(/^registry.server: is other:5000/);
    expect(await failuresOf({ ...other, registry: { server: "https://box:5000/v2/" } })).to.deep.equal([]);
    expect(await failuresOf({ imageName: unknown, build: unknown })).to.deep.equal([]);
  });
});

describe(".dockerignore", () => {
  const cases: readonly (readonly [rules: string, path: string, ignored: boolean])[] = [
    ["node_modules", "node_modules/a/b", true],
    ["node_modules", "images/node_modules/a", false],
    ["**/node_modules", "images/node_modules/a", true],
    ["**/node_modules", "node_modules", true],
    ["/dist/", "dist/main.js", true],
    ["*.md\n!README.md", "README.md", false],
    ["*.md\n!README.md\nREADME.md", "README.md", true],
    ["a?c", "abc", true],
    ["a?c", "a/c", false],
    ["[ab].txt", "a.txt", true],
    ["[^ab].txt", "a.txt", false],
    ["a.b", "axb", false],
    ["# comment\n\n", "# comment", false],
    ["src/**/test", "src/a/b/test/x", true],
  ];
  for (const [rules, name, ignored] of cases) {
    it(`${JSON.stringify(rules)} ${ignored ? "leaves out" : "keeps"} ${name}`, () => {
      expect(ignoreRules(rules)(name)).to.equal(ignored);
    });
  }
});

describe("a Dockerfile", () => {
  it("is fine with comments, continued lines, arguments before FROM, any case", () => {
    const text = '# syntax=x\nARG A=1\nfrom scratch\nRUN a \\\n  # not a word\n\n  && b\n\nCMD ["c"]\n';
    expect(dockerfileProblem(text)).to.equal(undefined);
    expect(dockerfileProblem("FROM a\nRUN <<EOF\nanything\nEOF\n")).to.equal(undefined);
  });
  it("has its misspelt instructions reported", () => {
    expect(dockerfileProblem("FROM a\nRUNN b\n")).to.contain("line 2").and.to.contain("RUNN");
    expect(dockerfileProblem("COPY a b\nFROM c\n")).to.contain("before the first FROM");
    expect(dockerfileProblem("# nothing\n")).to.contain("no FROM");
  });
});

describe("image names and logins", () => {
  it("are taken apart", () => {
    const parsed = parseImageName("172.30.8.20:5000/inaetics/viewer:1");
    expect(parsed).to.deep.equal({
      repository: "172.30.8.20:5000/inaetics/viewer",
      tag: "1",
      registry: "172.30.8.20:5000",
    });
    expect(parseImageName("inaetics/viewer")).to.include({ tag: "latest", registry: "docker.io" });
    expect(parseImageName("localhost/viewer").registry).to.equal("localhost");
    for (const wrong of ["", "a b", "a:", ":b", "a//b", "a@sha256:1"])
      expect(() => parseImageName(wrong)).to.throw("allowed");
  });

  it("come from the image, then from the provider", () => {
    const name = parseImageName("box:5000/a");
    const provider = [{ address: "https://box:5000/v2/", username: "p", password: "q" }];
    const own = { server: "https://box:5000", username: "u", password: "w" };
    expect(loginFor(name, own, provider)).to.deep.equal({ username: "u", password: "w", serveraddress: "box:5000" });
    expect(loginFor(name, { server: "box:5000" }, provider)?.username).to.equal("p");
    expect(loginFor(name, undefined, [])).to.equal(undefined);
  });

  it("are sent padded, and recognised when refused", () => {
    const header = authHeader({ username: "ü?>", password: "1", serveraddress: "b" })["X-Registry-Auth"] ?? "";
    expect(header.length % 4).to.equal(0);
    expect(header).to.match(/^[\w-]+=*$/);
    expect(isLoginProblem("unauthorized: authentication required")).to.be.true;
    expect(isLoginProblem("Get https://box/v2/: x509: certificate signed by unknown authority")).to.be.false;
    expect(isLoginProblem("manifest sha256:4010 unknown")).to.be.false;
  });
});
