/**
 * The lock file, versions, checksums and the cache, with small files in place of programs. Does not prove that the
 * publishers' addresses answer, nor that the Go modules build: `./cluster prepare` on an empty cache does.
 */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import * as fc from "fast-check";
import { linkBoxPrograms } from "../../tools/boxbin";
import { Downloader, findChecksum } from "../../tools/download";
import { collector } from "../../tools/gobuild";
import { parseLock, readLock, Tool } from "../../tools/lock";
import { install, stagingFolder, toolFolder, verify } from "../../tools/store";
import { compareVersions, findVersion, isWithin, Version } from "@inaetics/base";
import { withFileLock } from "@inaetics/workstation";
import { repository } from "../support/repository";

const entry = `
  etcd:
    version: 3.6.5
    license: Apache-2.0
    supportedUntil: 2027-10-28
    policy: a rule
    programs: [etcd, etcdctl]
    box: [controller]
    download: { url: "https://example.org/etcd.tgz", checksums: { url: "https://example.org/SHA256SUMS" } }
    build: { module: etcd, package: ., binary: etcd, ldflags: -s -w }
`;

describe("a build's memory", () => {
  const gibibyte = 2 ** 30;

  it("is half of the free memory, shared by the cores, and 4 GiB for each at most", () => {
    expect(collector(20 * gibibyte, 2)).to.deep.equal({ GOGC: "off", GOMEMLIMIT: "4GiB" });
    expect(collector(20 * gibibyte, 8)).to.deep.equal({ GOGC: "off", GOMEMLIMIT: "1GiB" });
  });

  it("is left to the compiler when little is free", () => {
    expect(collector(3.9 * gibibyte, 2)).to.deep.equal({});
  });
});

describe("versions", () => {
  const version = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)) as fc.Arbitrary<Version>;

  it("are found in the output of programs", () => {
    expect(findVersion("v3.259.0")).to.deep.equal([3, 259, 0]);
    expect(findVersion("go version go1.24 linux/amd64")).to.deep.equal([1, 24, 0]);
    expect(findVersion("Docker version 20.10.24+dfsg1, build 297e128")).to.deep.equal([20, 10, 24]);
    expect(findVersion("none")).to.equal(undefined);
  });

  it("are ordered as numbers, not as text", () => {
    expect(isWithin("1.10.0", "1.9.0")).to.equal(true);
    expect(isWithin("3.259.0", "3.259.0", "4.0.0")).to.equal(true);
    expect(isWithin("4.0.0", "3.259.0", "4.0.0")).to.equal(false);
    expect(isWithin("unknown", "1.0.0")).to.equal(false);
  });

  it("have one order", () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(compareVersions(a, b))).to.equal(-Math.sign(compareVersions(b, a)) + 0);
        expect(isWithin(a.join("."), b.join("."))).to.equal(compareVersions(a, b) >= 0);
      }),
    );
  });
});

describe("the lock file", () => {
  it("of this project is valid, and its Go modules exist", () => {
    const tools = readLock(repository);
    const programs = tools.flatMap((tool) => tool.programs);
    expect(programs).to.include.members(["pulumi", "pulumi-language-nodejs", "kubectl", "etcdctl", "flanneld"]);
    for (const build of tools.flatMap((tool) => tool.build ?? [])) {
      for (const file of ["go.mod", "go.sum"]) {
        expect(
          fs.existsSync(path.join(repository, "tools", "go", build.module, file)),
          `${build.module}/${file}`,
        ).to.equal(true);
      }
    }
  });

  it("names every problem at once", () => {
    const text = `tools:${entry.replace("3.6.5", "latest").replace("https://example.org/etcd.tgz", "http://example.org")}`;
    expect(() => parseLock(text)).to.throw(
      /tools\.etcd\.version: .*\n.*tools\.etcd\.download\.url: allowed are https/s,
    );
  });

  it("refuses unknown keys, and one program from two tools", () => {
    expect(() => parseLock(`tools:${entry}    colour: red\n`)).to.throw("colour");
    expect(() => parseLock(`tools:${entry}${entry.replace("  etcd:", "  other:")}`)).to.throw("both etcd and other");
  });

  it("refuses several programs without a multi-call program", () =>
    expect(() => parseLock(`tools:${entry.replace("binary: etcd, ", "")}`)).to.throw("tools.etcd.build.binary"));
});

describe("checksum files", () => {
  const sum = "ab".repeat(32);

  it("hold one bare sum or lines of sum and name", () => {
    expect(findChecksum(`${sum.toUpperCase()}\n`, "x")).to.equal(sum);
    expect(findChecksum(`${"0".repeat(64)}  other\n${sum} *dist/x.tar.gz\n`, "x.tar.gz")).to.equal(sum);
  });

  it("that do not list the file give no sum", () => {
    expect(findChecksum(`${sum}  my-x.tar.gz\n`, "x.tar.gz")).to.equal(undefined);
    expect(findChecksum("<html>not found</html>", "x.tar.gz")).to.equal(undefined);
  });
});

describe("the downloader", () => {
  it("asks a host that does not answer only once", async () => {
    let asked = 0;
    const downloader = new Downloader(() => {
      asked += 1;
      return Promise.reject(new Error("fetch failed", { cause: new Error("ENOTFOUND") }));
    });
    expect(await downloader.unreachable("https://a.example/x")).to.equal("ENOTFOUND");
    expect(await downloader.unreachable("https://a.example/y")).to.equal("ENOTFOUND");
    expect(asked).to.equal(1);
  });

  it("treats a gateway's refusal as a host that cannot be reached", async () => {
    const downloader = new Downloader(() => Promise.resolve(new Response(null, { status: 403 })));
    expect(await downloader.unreachable("https://a.example/x")).to.equal("answered 403");
  });

  it("leaves no incomplete file", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-"));
    const body = new ReadableStream({
      pull: (controller) => controller.error(new Error("cut off")),
    });
    const downloader = new Downloader(() => Promise.resolve(new Response(body)));
    const file = path.join(folder, "x");
    const error: unknown = await downloader.file("https://a.example/x", file, () => undefined).catch((e: unknown) => e);
    expect(String(error)).to.contain("cut off");
    expect(fs.existsSync(file)).to.equal(false);
    fs.rmSync(folder, { recursive: true });
  });
});

describe("the cache of programs", () => {
  let cache: string;
  let tool: Tool;

  async function put(content: string): Promise<void> {
    const staged = stagingFolder(cache, tool);
    fs.writeFileSync(path.join(staged, "etcd"), content);
    fs.symlinkSync("etcd", path.join(staged, "etcdctl"));
    await install(cache, tool, staged);
  }

  beforeEach(() => {
    cache = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-"));
    const [parsed] = parseLock(`tools:${entry}`);
    if (parsed === undefined) throw new Error("no tool");
    tool = parsed;
  });
  afterEach(() => fs.rmSync(cache, { recursive: true }));

  it("has a tool only when it is complete", async () => {
    expect(await verify(cache, tool)).to.equal("absent");
    stagingFolder(cache, tool);
    expect(await verify(cache, tool)).to.equal("absent");
    await put("one");
    expect(await verify(cache, tool)).to.equal("good");
    expect(await verify(cache, tool, true)).to.equal("good");
    fs.rmSync(path.join(toolFolder(cache, tool), "etcdctl"));
    expect(await verify(cache, tool)).to.equal("corrupt");
  });

  it("detects a program that was cut off or changed", async () => {
    await put("one two three");
    fs.truncateSync(path.join(toolFolder(cache, tool), "etcd"), 3);
    expect(await verify(cache, tool)).to.equal("corrupt");
    await put("one two three");
    expect(await verify(cache, tool)).to.equal("good");
  });

  it("detects changed bytes of the same size and time when it reads all of them", async () => {
    await put("one");
    const file = path.join(toolFolder(cache, tool), "etcd");
    const { atime, mtime } = fs.statSync(file);
    fs.writeFileSync(file, "two");
    fs.utimesSync(file, atime, mtime);
    expect(await verify(cache, tool, true)).to.equal("corrupt");
  });

  it("removes the remains of a killed set-up", () => {
    const left = stagingFolder(cache, tool);
    expect(stagingFolder(cache, tool)).to.not.equal(left);
    expect(fs.existsSync(left)).to.equal(false);
  });

  it("gives boxes real files, a new folder for each version, and repairs a damaged folder", async () => {
    await put("one");
    const link = linkBoxPrograms(cache, [tool]);
    const first = fs.realpathSync(link);
    expect(fs.readFileSync(path.join(link, "etcdctl"), "utf8")).to.equal("one");
    expect(fs.lstatSync(path.join(link, "etcd")).isFile()).to.equal(true);
    fs.rmSync(path.join(link, "etcd"));
    linkBoxPrograms(cache, [tool]);
    expect(fs.realpathSync(link)).to.equal(first);
    expect(fs.readFileSync(path.join(link, "etcd"), "utf8")).to.equal("one");
    await put("another");
    linkBoxPrograms(cache, [tool]);
    expect(fs.realpathSync(link)).to.not.equal(first);
    expect(fs.readFileSync(path.join(first, "etcd"), "utf8")).to.equal("one");
  });

  const nothing = () => undefined;
  const quiet = { step: () => ({ detail: nothing, done: nothing, fail: nothing }), note: nothing, line: nothing };

  it("is changed by one set-up at a time", async () => {
    const order: string[] = [];
    const work = (name: string) => () =>
      withFileLock(path.join(cache, "lock"), "a test", quiet, async () => {
        order.push(`${name} in`);
        await new Promise((resolve) => setTimeout(resolve, 30));
        order.push(`${name} out`);
      });
    await Promise.all([work("a")(), work("b")(), work("c")()]);
    for (let i = 0; i < order.length; i += 2) expect(order[i]?.slice(0, 1)).to.equal(order[i + 1]?.slice(0, 1));
    expect(order).to.have.length(6);
  });

  it("is not blocked by a set-up that was killed", async () => {
    const lock = path.join(cache, "lock");
    const script = `
      const nothing = () => undefined;
      require(process.argv[1]).withFileLock(process.argv[2], "a test", { note: nothing }, () => new Promise(() => {
        console.log("held");
        setInterval(nothing, 1000);
      }));`;
    const holder = spawn(process.execPath, ["-e", script, require.resolve("@inaetics/workstation"), lock]);
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    let entered = false;
    const waiting = withFileLock(lock, "a test", quiet, () => Promise.resolve(void (entered = true)));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(entered).to.equal(false);
    holder.kill("SIGKILL");
    await waiting;
    expect(entered).to.equal(true);
  }).timeout(20_000);
});
