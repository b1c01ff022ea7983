/**
 * The lock file's supported versions and licences: poms, package.json and go.mod have the same ones, and
 * docs/versions.md shows them. Does not prove that the days and rules of support are what the publishers say today.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { mainRequirement } from "../../tools/gomod";
import { parseLock, parseParts, readLock, readParts, readRequirements } from "../../tools/lock";
import { Part } from "../../tools/part";
import { versionsPage } from "../../tools/versionspage";
import { repository } from "../support/repository";

const read = (...file: readonly string[]) => fs.readFileSync(path.join(repository, ...file), "utf8");
const tools = readLock(repository);
const parts = readParts(repository);

interface Package {
  readonly license?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}
const readPackage = (...file: readonly string[]) => JSON.parse(read(...file, "package.json")) as Package;

/** The project's own package and its workspaces. */
function packages(): readonly Package[] {
  const folders = ["packages", "images"].flatMap((folder) =>
    fs.readdirSync(path.join(repository, folder)).map((name) => path.join(folder, name)),
  );
  const own = folders.filter((folder) => fs.existsSync(path.join(repository, folder, "package.json")));
  return [".", ...own].map((folder) => readPackage(folder));
}

function partOf(name: string): Part {
  const found = parts.find((part) => part.name === name);
  if (found === undefined) throw new Error(`tools/lock.yaml has no part ${name}`);
  return found;
}

describe("the versions of the lock file", () => {
  const npm = parts.flatMap((part) => ("npm" in part.from ? [{ ...part, package: part.from.npm }] : []));
  const dependencies = packages().flatMap((one) => Object.entries(one.dependencies ?? {}));

  for (const part of npm) {
    it(`and licence of ${part.name} are those of package.json and the installed package`, () => {
      const wanted = dependencies.filter(([name]) => name === part.package).map(([, version]) => version);
      expect(new Set(wanted)).to.deep.equal(new Set([part.version]));
      expect(readPackage("node_modules", part.package)).to.include({ version: part.version, license: part.license });
    });
  }

  it("include all of Pulumi's and NATS' packages", () => {
    const names = dependencies.map(([name]) => name).filter((name) => /^@(pulumi|nats-io)\//.test(name));
    expect(npm.map((part) => part.package)).to.include.members(names);
  });

  for (const [name, property] of Object.entries({
    "felix-framework": "felix.framework.version",
    jnats: "jnats.version",
  })) {
    it(`of ${name} is the one of the pom`, () =>
      expect(read("images", "felix-agent", "pom.xml")).to.contain(
        `<${property}>${partOf(name).version}</${property}>`,
      ));
  }

  it("of Debian's packages belong to the release of the images", () => {
    const { from } = partOf("debian");
    expect("debian" in from && read("images", "base", "rootfs", "Dockerfile")).to.contain(
      `FROM inaetics/debian:${"debian" in from ? from.debian : ""}`,
    );
    expect(read("images", "base", "jdk", "Dockerfile")).to.contain(`openjdk-${partOf("java").version}-jdk-headless`);
    expect(read("images", "base", "c-build", "Dockerfile")).to.contain("libnats-dev");
  });

  it("are those of the Go modules, which may only be a commit", () => {
    const requirements = readRequirements(repository, tools);
    for (const tool of tools.filter(({ build }) => build !== undefined)) {
      const found = requirements.get(tool.name)?.version ?? "";
      if (!/-\d{14}-[0-9a-f]{12}$/.test(found))
        expect(found, tool.name).to.equal(`v${tool.buildVersion ?? tool.version}`);
    }
  });
});

describe("the parts of a lock file", () => {
  const entry = `{ version: 1.2.3, from: { npm: x }, license: MIT, supportedUntil: release 2.0.0, policy: a rule }`;
  const parse = (text: string) => parseParts(`tools: {}\nparts:\n  x: ${text}\n`);

  it("are read with their names, and may be absent", () => {
    expect(parse(entry)[0]).to.include({ name: "x", version: "1.2.3", supportedUntil: "release 2.0.0" });
    expect(parseParts("tools: {}")).to.deep.equal([]);
  });

  for (const [what, from, to, error] of [
    ["unknown keys", "policy: a rule", "policy: a rule, colour: red", "colour"],
    ["a day that does not exist", "release 2.0.0", "2027-02-30", "parts.x.supportedUntil: allowed is a day"],
    ["a release without numbers", "release 2.0.0", "release 2", "parts.x.supportedUntil: allowed is a day"],
    ["an origin of two kinds", "npm: x", 'npm: x, maven: "a:b"', "parts.x.from: allowed are {npm: package}"],
    ["a licence that is no permissive one", "MIT", "AGPL-3.0-only", "parts.x.license: allowed are"],
    ["a system's licence of a library", "MIT", "GPL-2.0-only", "allowed for Debian's packages only"],
  ] as const) {
    it(`refuse ${what}`, () => expect(() => parse(entry.replace(from, to))).to.throw(error));
  }

  it("take a system's licence of a package of Debian", () =>
    expect(
      parse(entry.replace("npm: x", "debian: bookworm, package: x").replace("MIT", "GPL-2.0-only")),
    ).to.have.length(1));

  it("must have licence and rule, as tools must", () => {
    expect(() => parse(entry.replace("license: MIT, ", ""))).to.throw("parts.x.license");
    expect(() => parse(entry.replace(", policy: a rule", ""))).to.throw("parts.x.policy");
    const text = read("tools", "lock.yaml").replaceAll(/^ {4}license: MIT$/gm, "    license: GPL-2.0-only");
    expect(() => parseLock(text)).to.throw("tools.node.license");
  });
});

describe("the Go module of a tool", () => {
  const goMod = `module x

go 1.26.0

require example.org/one v9.9.9

require (
	example.org/a v1.2.3
	example.org/a/b v2.0.0
	example.org/c v1.0.0 // indirect
)

replace (
	example.org/a => example.org/fork v1.2.3
)
`;

  it("is the longest path that the package begins with", () => {
    expect(mainRequirement(goMod, "example.org/a/b/cmd", "0.0.0")).to.deep.equal({
      module: "example.org/a/b",
      version: "v2.0.0",
    });
    expect(mainRequirement(goMod, ["example.org/a/cmd/x", "example.org/a/cmd/y"], "0.0.0").module).to.equal(
      "example.org/a",
    );
  });

  it("has the tool's version when the package is this project's own", () => {
    expect(mainRequirement(goMod, ".", "1.2.3").module).to.equal("example.org/a");
    expect(
      mainRequirement("require example.org/only v0.0.0-20260101000000-0123456789ab\n", ".", "4.0.0").module,
    ).to.equal("example.org/only");
  });

  it("must exist", () => {
    expect(() => mainRequirement(goMod, "example.org/c/cmd", "1.0.0")).to.throw(
      "no direct requirement for package example.org/c/cmd",
    );
    expect(() => mainRequirement(goMod, ".", "7.0.0")).to.throw("example.org/a v1.2.3");
  });
});

describe("docs/versions.md", () => {
  it("is up to date with the lock file", () => {
    const page = versionsPage(tools, parts, readRequirements(repository, tools));
    expect(read("docs", "versions.md") === page, "docs/versions.md is stale; run: tools/versions").to.equal(true);
  });

  it("has a line for each entry, with its source, licence and end of support", () => {
    const lock =
      "tools: {}\nparts:\n  x: { version: 1.2.3, from: { npm: y }, license: MIT, supportedUntil: release 2.0.0, policy: a rule }\n";
    expect(versionsPage([], parseParts(lock), new Map())).to.match(
      /\n\| x +\| 1\.2\.3 +\| npm package y +\| MIT +\| when 2\.0\.0 is out +\| a rule +\|\n/,
    );
  });
});
