/**
 * The output of tools/outdated for registries' answers, with texts in their form. Does not prove that the registries
 * answer in that form today, nor that they can be reached.
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { aptVersions, goVersions, mavenVersions, npmViewVersions } from "../../tools/answers";
import { compare } from "../../tools/newer";
import { askAll, Run } from "../../tools/registry";
import { isNewer, isSameMinor, newestRelease } from "../../tools/release";
import { Source } from "../../tools/sources";
import { supportRemark } from "../../tools/support";

describe("releases", () => {
  const release = fc.array(fc.nat(99), { minLength: 3, maxLength: 4 }).map((numbers) => numbers.join("."));

  it("are ordered as numbers, in one order", () => {
    expect(isNewer("1.10.0", "v1.9.9")).to.equal(true);
    fc.assert(
      fc.property(release, release, (a, b) => {
        expect(isNewer(a, a)).to.equal(false);
        expect(isNewer(a, b) && isNewer(b, a)).to.equal(false);
        const newest = newestRelease([a, b]) ?? "";
        expect(isNewer(a, newest) || isNewer(b, newest)).to.equal(false);
      }),
    );
  });

  it("do not include pre-releases", () => {
    const others = ["v3.8.0-alpha.0", "v1.0.0-20260101000000-0123456789ab", "26.1.5~rc1", "4.0.0.Final", "preview"];
    expect(newestRelease(others)).to.equal(undefined);
    for (const one of others) expect(isNewer(one, "0.0.1"), one).to.equal(false);
    expect(newestRelease(["v1.2.3", ...others, "v2.0.0+incompatible"])).to.equal("2.0.0");
  });

  it("have the same minor version when their first two numbers match, or the one that is given", () => {
    expect(isSameMinor("v3.6.99", "3.6.16")).to.equal(true);
    expect(isSameMinor("3.60.0", "3.6.16")).to.equal(false);
    expect(isSameMinor("17.0.21.1", "17")).to.equal(true);
    expect(isSameMinor("18.0.1", "17")).to.equal(false);
  });
});

describe("the remark about support", () => {
  for (const [until, today, newest, remark] of [
    ["2027-10-28", "2027-08-28", "1.39.0", undefined],
    ["2027-10-28", "2027-08-29", "1.39.0", "ends in 60 days"],
    ["2027-10-28", "2027-10-29", undefined, "ended"],
    ["release 3.8.0", "2030-01-01", "3.7.9", undefined],
    ["release 3.8.0", "2030-01-01", "3.8.0", "release 3.8.0 is out: support ended"],
    ["release 3.8.0", "2030-01-01", "3.8.1", "release 3.8.0 is out: support ended"],
    ["release 3.8.0", "2030-01-01", undefined, undefined],
  ] as const) {
    it(`is ${remark ?? "empty"} for ${until} on ${today} with ${newest ?? "nothing"} out`, () =>
      expect(supportRemark(until, today, newest)).to.equal(remark));
  }
});

describe("the comparison", () => {
  const entry = { name: "etcd", version: "3.6.5", license: "MIT", supportedUntil: "release 3.8.0", policy: "a rule" };
  const today = "2026-11-25";

  it("shows the newest of the minor version and of all", () =>
    expect(compare(entry, { versions: ["v3.6.5", "v3.6.16", "v3.7.3", "v3.8.0-rc.0"] }, today)).to.deep.equal({
      part: "etcd",
      here: "3.6.5",
      newestOfMinor: "3.6.16",
      newest: "3.7.3",
      supportedUntil: "release 3.8.0",
      remark: "update to 3.6.16",
    }));

  it("shows both the update and the end of support", () =>
    expect(compare(entry, { versions: ["3.6.6", "3.9.0"] }, today).remark).to.equal(
      "release 3.8.0 is out: support ended; update to 3.6.6",
    ));

  it("never shows an older version than the own", () =>
    expect(compare(entry, { versions: ["3.6.4", "2.0.0"] }, today)).to.include({
      newestOfMinor: "3.6.5",
      newest: "3.6.5",
      remark: "",
    }));

  it("advises no update of a version that is fixed only in part", () =>
    expect(
      compare({ ...entry, version: "17", supportedUntil: "2028-06-30" }, { versions: ["17.0.21"] }, today),
    ).to.include({
      newestOfMinor: "17.0.21",
      remark: "",
    }));

  it("shows the reason for a missing answer, and a dash without a question", () => {
    const ended = { ...entry, supportedUntil: "2026-11-24" };
    expect(compare(ended, { problem: "npm did not end within 60 s" }, today)).to.include({
      newest: "?",
      remark: "ended; not known: npm did not end within 60 s",
    });
    expect(compare(entry, undefined, today)).to.include({ newest: "-", newestOfMinor: "-", remark: "" });
  });
});

describe("the registries' answers", () => {
  it("are read from go list, npm view and Maven's metadata", () => {
    expect(goVersions('{"Path": "x", "Versions": ["v1.0.0", "v1.1.0"]}')).to.deep.equal(["v1.0.0", "v1.1.0"]);
    expect(goVersions('{"Path": "x"}')).to.deep.equal([]);
    expect(npmViewVersions('{"versions": "1.0.0", "dist-tags.latest": "1.0.0"}')).to.deep.equal(["1.0.0"]);
    expect(mavenVersions("<versions>\n<version>7.0.4</version>\n<version>7.0.5</version></versions>")).to.deep.equal([
      "7.0.4",
      "7.0.5",
    ]);
  });

  it("leave out npm's versions above its latest", () =>
    expect(npmViewVersions('{"versions": ["1.2.0", "1.2.1", "4.5.0"], "dist-tags.latest": "1.2.1"}')).to.deep.equal([
      "1.2.0",
      "1.2.1",
    ]));

  it("are read from apt-cache policy for one Debian release, with its updates but not its backports", () => {
    const policy = `docker.io:
  Installed: 20.10.24+dfsg1-1+deb12u1+b6
  Candidate: 1:26.1.5+dfsg1-9+b9
  Version table:
     28.0.0+dfsg1-1~bpo13+1 100
        100 http://mirror.example/debian trixie-backports/main amd64 Packages
     1:26.1.5+dfsg1-9+b9 500
        500 http://mirror.example/debian trixie/main amd64 Packages
     26.1.6~rc1+dfsg1-1 500
        500 http://mirror.example/debian-security trixie-security/main amd64 Packages
 *** 20.10.24+dfsg1-1+deb12u1+b6 500
        500 http://mirror.example/debian bookworm/main amd64 Packages
        100 /var/lib/dpkg/status
     17.0.21.1+2-1~deb12u1 -1
         -1 http://mirror.example/debian-security bookworm-security/main amd64 Packages
`;
    expect(aptVersions(policy, "bookworm")).to.deep.equal(["20.10.24", "17.0.21.1"]);
    const trixie = aptVersions(policy, "trixie");
    expect(trixie[0]).to.equal("26.1.5");
    expect(newestRelease(trixie)).to.equal("26.1.5");
    expect(aptVersions("", "trixie")).to.deep.equal([]);
  });
});

describe("asking the registries", () => {
  const npm: Source = { kind: "npm", package: "a" };
  const other: Source = { kind: "npm", package: "b" };
  const good = { stdout: '{"versions": ["1.0.0"], "dist-tags.latest": "1.0.0"}', stderr: "", output: "", exitCode: 0 };

  function runner(answer: Partial<Awaited<ReturnType<Run>>>): { readonly run: Run; readonly asked: string[] } {
    const asked: string[] = [];
    const run: Run = (program, args, options) => {
      expect(options?.timeout, "time-out").to.be.greaterThan(0);
      asked.push(`${program} ${args[1] ?? ""}`);
      return Promise.resolve({ ...good, ...answer });
    };
    return { run, asked };
  }

  it("gives the answers in the order of the sources, none for Debian itself", async () => {
    const { run, asked } = runner({});
    const debian: Source = { kind: "debian", release: "bookworm" };
    expect(await askAll([npm, debian, other], "/nowhere", run)).to.deep.equal([
      { versions: ["1.0.0"] },
      undefined,
      { versions: ["1.0.0"] },
    ]);
    expect(asked).to.deep.equal(["npm a", "npm b"]);
  });

  it("does not ask a registry again that does not answer in time", async () => {
    const { run, asked } = runner({ exitCode: undefined, problem: "did not end within 60 s" });
    const answers = await askAll([npm, other], "/nowhere", run);
    expect(asked).to.have.length(1);
    for (const answer of answers) expect(answer).to.include({ problem: "npm did not end within 60 s" });
  });

  it("continues after a refusal, and gives the reason of each", async () => {
    const { run, asked } = runner({
      exitCode: 1,
      stdout: "",
      stderr: "npm error code E403\nnpm error 403 Forbidden\n",
    });
    const answers = await askAll([npm, other], "/nowhere", run);
    expect(asked).to.have.length(2);
    for (const answer of answers) expect(answer).to.deep.equal({ problem: "npm: code E403" });
  });

  for (const [what, answer, problem] of [
    ["an empty list", { stdout: '{"versions": [], "dist-tags.latest": "1.0.0"}' }, "npm lists no version of it"],
    ["an answer without versions", { stdout: "<html>" }, "npm printed no versions"],
    ["a missing program", { exitCode: undefined, problem: "spawn npm ENOENT" }, "npm is not on PATH"],
  ] as const) {
    it(`reports ${what}`, async () =>
      expect((await askAll([npm], "/nowhere", runner(answer).run))[0]).to.include({ problem }));
  }
});
