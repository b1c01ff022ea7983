/**
 * Provisioning's smaller parts: byte ranges, tokens, the default mapping, files on disk.
 * Not proven here: the API server's own answers, nor the broker (tests/services).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { FileCache } from "../../images/node-provisioning/src/storage/files";
import { EMPTY_MODEL } from "../../images/node-provisioning/src/model/stored";
import { matches, parseRange } from "../../images/node-provisioning/src/routes/ranges";
import { addShipped, readMapping, withMapping } from "../../images/node-provisioning/src/packages/shipped";
import { Tokens } from "../../images/node-provisioning/src/routes/tokens";
import { Problem } from "@inaetics/service";
import { artifact, example } from "./provisioning-examples";
import { PROVISIONING_AUDIENCE } from "@inaetics/model";
import { repository } from "../support/repository";

const mappingFile = path.join(repository, "images", "node-provisioning", "mapping.json");
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe("provisioning: byte ranges", () => {
  it("return the requested bytes within the file", () => {
    const bytes = Buffer.from("0123456789");
    const part = (header: string): string => {
      const range = parseRange(header, bytes.length);
      return typeof range === "string" ? range : bytes.subarray(range.start, range.end + 1).toString();
    };
    expect(["bytes=2-4", "bytes=7-", "bytes=-3", "bytes=8-99", "bytes=-99"].map(part)).to.deep.equal([
      "234",
      "789",
      "789",
      "89",
      "0123456789",
    ]);
    expect(["bytes=10-", "bytes=-0"].map(part)).to.deep.equal(["none", "none"]);
    expect(
      ["", "bytes=-", "bytes=1-2,4-5", "bytes=5-2", "lines=1-2"].map(part).every((each) => each === "all"),
    ).to.equal(true);
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), fc.integer({ min: 1, max: 60 }), (first, last, size) => {
        const range = parseRange(`bytes=${first}-${last}`, size);
        if (typeof range === "string") expect(range).to.equal(last < first ? "all" : "none");
        else expect(range).to.deep.equal({ start: first, end: Math.min(last, size - 1) });
      }),
    );
    expect([matches(`"a", W/"b"`, `"b"`), matches("*", `"x"`), matches(undefined, `"x"`)]).to.deep.equal([
      true,
      true,
      false,
    ]);
  });
});

describe("provisioning: tokens", () => {
  let now = 0;
  let asked = 0;
  let answer: () => object = () => ({});
  const post = async (): Promise<string> => {
    asked++;
    return JSON.stringify({ status: answer() });
  };
  const good = {
    authenticated: true,
    audiences: [PROVISIONING_AUDIENCE],
    user: {
      username: "system:serviceaccount:inaetics:inaetics-producer",
      extra: { "authentication.kubernetes.io/pod-name": ["pod-1"] },
    },
  };
  const away = (): never => {
    throw new Error("away");
  };
  const make = (): Tokens => {
    now = asked = 0;
    return new Tokens({ post }, "inaetics", quiet, () => now);
  };
  const status = (tokens: Tokens, header?: string): Promise<number> =>
    tokens.caller(header).then(
      () => 200,
      (error: unknown) => (error instanceof Problem ? error.statusCode : -1),
    );

  it("name the pod and its group", async () => {
    answer = () => good;
    const caller = await make().caller("Bearer a.b.c");
    expect(caller).to.deep.equal({ pod: "pod-1", group: "inaetics-producer" });
  });

  it("are refused unless they are for provisioning and belong to a pod of the namespace", async () => {
    const wrong = [
      { authenticated: false },
      {},
      { ...good, audiences: ["https://kubernetes.default.svc"] },
      { authenticated: true, user: good.user },
      { ...good, user: { ...good.user, username: "system:serviceaccount:other:inaetics-producer" } },
      { ...good, user: { username: good.user.username } },
      { ...good, user: undefined },
    ];
    for (const each of wrong) {
      answer = () => each;
      expect(await status(make(), "Bearer a"), JSON.stringify(each)).to.equal(401);
    }
    answer = () => good;
    const tokens = make();
    for (const header of [undefined, "", "Bearer", "Basic a", "Bearer a b", `Bearer ${"x".repeat(9000)}`]) {
      expect(await status(tokens, header)).to.equal(401);
    }
    expect(asked).to.equal(0);
  });

  it("are checked every 30 s, and stay valid for 10 min while the API server does not answer", async () => {
    answer = () => good;
    const tokens = make();
    await Promise.all([1, 2, 3].map(() => status(tokens, "Bearer a")));
    now = 29_000;
    expect([await status(tokens, "Bearer a"), asked]).to.deep.equal([200, 1]);
    now = 31_000;
    expect([await status(tokens, "Bearer a"), asked]).to.deep.equal([200, 2]);
    answer = away;
    now = 31_000 + 599_000;
    expect(await status(tokens, "Bearer a")).to.equal(200);
    expect(await status(tokens, "Bearer b")).to.equal(503);
    now += 2000;
    expect(await status(tokens, "Bearer a")).to.equal(503);
    answer = () => ({ authenticated: false });
    expect(await status(tokens, "Bearer a")).to.equal(401);
    answer = away;
    now += 31_000;
    expect(await status(tokens, "Bearer a")).to.equal(503);
  });
});

describe("provisioning: bundles of the image", () => {
  it("are mapped to the groups of both platforms", () => {
    const { features } = readMapping(mappingFile);
    const all = Object.entries(features).flatMap(([feature, names]) =>
      names.map((name) =>
        artifact(name, "1.0.0", feature.startsWith("felix") ? "osgi" : "celix", { origin: "shipped" }),
      ),
    );
    const notes: string[] = [];
    const model = withMapping(addShipped(EMPTY_MODEL, all, notes), readMapping(mappingFile), notes);
    expect(notes).to.deep.equal([]);
    expect(model.groups["inaetics-agent-celix"]).to.deep.equal({
      platform: "celix",
      autoApprove: true,
      distributions: ["celix-processor"],
    });
    expect(Object.keys(model.features)).to.have.length(6);
  });

  it("make no incomplete feature, and leave a note instead", () => {
    const notes: string[] = [];
    const model = withMapping(EMPTY_MODEL, readMapping(mappingFile), notes);
    expect(model.features).to.deep.equal({});
    expect(model.distributions["celix-processor"]).to.deep.equal({ features: [] });
    expect(notes).to.have.length(6);
    expect(notes[0]).to.include("felix-common").and.include("org.inaetics.demonstrator.api");
  });

  it("never replace uploaded bundles", () => {
    const notes: string[] = [];
    const before = example();
    expect(addShipped(before, [artifact("api", "1.0.0", "osgi", { origin: "shipped" })], notes)).to.equal(before);
    expect(notes[0]).to.include("api 1.0.0");
  });
});

describe("provisioning: files on disk", () => {
  it("are created once, deleted above the limit of bytes, and removed after a failure", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-files-"));
    try {
      const cache = new FileCache(folder, 250);
      let made = 0;
      const make = async (file: string): Promise<{ sha256: string; size: number }> => {
        made++;
        fs.writeFileSync(file, "x".repeat(100));
        return { sha256: "", size: 100 };
      };
      await Promise.all([cache.get("a", make), cache.get("a", make)]);
      await cache.get("b", make);
      await cache.get("a", make);
      expect(made).to.equal(2);
      await cache.get("c", make);
      expect(fs.readdirSync(folder)).to.have.length(2);
      await cache.get("a", make);
      expect(made).to.equal(3);
      const failing = async (file: string): Promise<never> => {
        await make(file);
        throw new Error("broken");
      };
      expect(await cache.get("d", failing).catch(String)).to.include("broken");
      expect(fs.readdirSync(folder)).to.have.length(2);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
