/**
 * Upgrade path from recorded versions to those of the lock file, and the programs in a cache. Does not prove that a
 * cluster can be upgraded: `./cluster test upgrade` does.
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import * as fc from "fast-check";
import { basesOf, formatVersions, parseVersions, readPrograms } from "../../components/box/programs";
import { describeUpgrade, planUpgrade } from "../../components/box/upgrade";
import { readLock } from "../../tools/lock";
import { repository } from "../support/repository";

const box = (name: string, runs: Record<string, string> | undefined, wanted: Record<string, string>) => ({
  name,
  wanted,
  ...(runs === undefined ? {} : { runs }),
});

describe("an upgrade", () => {
  it("lists what a box runs in another version than the lock file has", () => {
    const moved = planUpgrade([
      box("controller", { kubernetes: "1.36.3", etcd: "3.6.15" }, { kubernetes: "1.37.2", etcd: "3.6.16" }),
      box("node-1", { kubernetes: "1.37.2" }, { kubernetes: "1.37.2" }),
      box("node-2", { kubernetes: "1.36.3" }, { kubernetes: "1.37.2" }),
      box("node-3", undefined, { kubernetes: "1.37.2" }),
    ]);
    expect(moved.map(({ name }) => name)).to.deep.equal(["controller", "node-2"]);
    expect(describeUpgrade(moved)).to.equal(
      "upgrade: kubernetes 1.36.3 => 1.37.2, etcd 3.6.15 => 3.6.16; " +
        "one at a time: controller (after a snapshot of etcd), node-2",
    );
  });

  it("that leaves out minor versions is refused with the path", () => {
    const attempt = () =>
      planUpgrade([
        box("controller", { kubernetes: "1.34.4", etcd: "3.6.5" }, { kubernetes: "1.37.2", etcd: "3.6.16" }),
      ]);
    expect(attempt).to.throw(/kubernetes: got 1\.34\.4 => 1\.37\.2; allowed is one minor version at a time/);
    expect(attempt).to.throw("from a checkout with 1.35.x, then 1.36.x, then from this one");
  });

  it("backwards is refused for parts with data, and allowed for the rest", () => {
    for (const [tool, from, to] of [
      ["kubernetes", "1.37.2", "1.37.1"],
      ["etcd", "3.7.0", "3.6.16"],
      ["nats-server", "2.15.2", "2.14.9"],
    ] as const) {
      expect(() => planUpgrade([box("x", { [tool]: from }, { [tool]: to })]), tool).to.throw("a downgrade");
    }
    expect(planUpgrade([box("x", { coredns: "1.15.0" }, { coredns: "1.14.0" })])).to.have.length(1);
  });

  it("names all that is refused at once", () => {
    const wanted = { kubernetes: "1.37.2", etcd: "3.8.0" };
    const attempt = () => planUpgrade([box("controller", { kubernetes: "1.38.0", etcd: "3.6.5" }, wanted)]);
    expect(attempt).to.throw(/kubernetes: .*\n.*etcd: /s);
  });

  it("is allowed exactly for the same minor version upwards, or the next one", () => {
    const part = fc.nat(40);
    fc.assert(
      fc.property(part, part, part, part, (minor, patch, toMinor, toPatch) => {
        const [from, to] = [`1.${minor}.${patch}`, `1.${toMinor}.${toPatch}`];
        const allowed = toMinor === minor + 1 || (toMinor === minor && toPatch >= patch);
        const attempt = () => planUpgrade([box("node-1", { kubernetes: from }, { kubernetes: to })]);
        if (allowed) expect(attempt()).to.have.length(from === to ? 0 : 1);
        else expect(attempt).to.throw("upgrade refused");
      }),
    );
  });
});

describe("the versions of a box", () => {
  it("are read as they are written", () => {
    const name = fc.stringMatching(/^[a-z][a-z-]{0,10}$/);
    fc.assert(
      fc.property(fc.dictionary(name, fc.stringMatching(/^\d{1,3}\.\d{1,3}$/)), (versions) => {
        expect(parseVersions(formatVersions(versions))).to.deep.equal({ ...versions });
      }),
    );
  });

  it("in the cache must be those of the lock file", () => {
    const cache = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-"));
    expect(() => readPrograms(repository, cache)).to.throw(/the cache has kubernetes none, not .*do: \.\/cluster up/);
    fs.mkdirSync(path.join(cache, "boxes", "set"), { recursive: true });
    fs.writeFileSync(path.join(cache, "boxes", "set", "versions"), "kubernetes=1.0.0\n");
    expect(() => readPrograms(repository, cache)).to.throw("kubernetes 1.0.0, not");
    fs.mkdirSync(path.join(cache, "boxes", "fitting"));
    const versions = readLock(repository).map((tool) => `${tool.name}=${tool.version}\n`);
    fs.writeFileSync(path.join(cache, "boxes", "fitting", "versions"), versions.join(""));
    // Makes this set older than that of another checkout.
    fs.utimesSync(path.join(cache, "boxes", "fitting", "versions"), 1, 1);
    expect(readPrograms(repository, cache).set).to.equal("fitting");
    fs.rmSync(cache, { recursive: true });
  });
});

describe("the bases of an image", () => {
  const dockerfile = "FROM inaetics/c-build AS build\nFROM inaetics/c\nCOPY --from=build /x /y\n";

  it("change with each image that the Dockerfile names, and with no other", () => {
    const bases = (images: Record<string, string>) => basesOf(dockerfile, images);
    const first = bases({ c: "c-1.tar", "c-build": "c-build-1.tar", node: "node-1.tar" });
    expect(bases({ c: "c-1.tar", "c-build": "c-build-1.tar", node: "node-2.tar" })).to.equal(first);
    expect(bases({ c: "c-2.tar", "c-build": "c-build-1.tar" })).not.to.equal(first);
    expect(bases({ c: "c-1.tar", "c-build": "c-build-2.tar" })).not.to.equal(first);
  });
});
