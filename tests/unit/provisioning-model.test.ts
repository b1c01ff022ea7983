/**
 * Decisions of provisioning: an agent's bundles and their version, refusals and their reasons.
 * Not proven here: storing, serving and signing (provisioning-package.test.ts, tests/services/provisioning.test.ts).
 */
import { compareBundleVersions } from "@inaetics/model";
import { expect } from "chai";
import * as fc from "fast-check";
import { artifactsOf, chosen, wantedArtifacts } from "../../images/node-provisioning/src/model/catalog";
import * as changes from "../../images/node-provisioning/src/model/changes";
import { assign } from "../../images/node-provisioning/src/model/history";
import type { Platform } from "@inaetics/model";
import { EMPTY_MODEL, modelSchema, type Model, type Target } from "../../images/node-provisioning/src/model/stored";
import { Problem } from "@inaetics/service";
import { checkModel, LARGEST_DEPLOYMENT } from "../../images/node-provisioning/src/model/rules";
import { deploymentNumber, normaliseVersion } from "../../images/node-provisioning/src/model/versions";
import { artifact, example, names, refusal, target } from "./provisioning-examples";
import { GONE_MS, artifactViews, targetView } from "../../images/node-provisioning/src/model/views";

describe("provisioning: versions of bundles", () => {
  const version = fc
    .tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.option(fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/), { nil: undefined }))
    .map((parts) => parts.filter((part) => part !== undefined).join("."));

  it("have a total order", () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareBundleVersions(a, b)) + Math.sign(compareBundleVersions(b, a))).to.equal(0);
        expect(compareBundleVersions(a, b) === 0).to.equal(a === b);
        if (compareBundleVersions(a, b) <= 0 && compareBundleVersions(b, c) <= 0)
          expect(compareBundleVersions(a, c)).to.be.at.most(0);
      }),
    );
    expect(["1.10.0", "1.9.0", "1.9.0.b", "1.9.0.a", "0.1.0"].sort(compareBundleVersions)).to.deep.equal([
      "0.1.0",
      "1.9.0",
      "1.9.0.a",
      "1.9.0.b",
      "1.10.0",
    ]);
  });

  it("have one normal form", () => {
    fc.assert(fc.property(version, (text) => void expect(normaliseVersion(text)).to.equal(text)));
    expect(["1", "1.2", "01.2.3", " 1.2.3.x "].map(normaliseVersion)).to.deep.equal([
      "1.0.0",
      "1.2.0",
      "1.2.3",
      "1.2.3.x",
    ]);
    for (const wrong of ["", "1.", "a", "1.2.3.4.5", "-1", "1.2.3.ö", "9999999999"]) {
      expect(normaliseVersion(wrong), wrong).to.equal(undefined);
    }
    expect(["1.0.0", "12.0.0", "0.0.0", "1.2.0", "1", "9999999.0.0"].map(deploymentNumber)).to.deep.equal([
      1,
      12,
      ...Array.from({ length: 4 }, () => undefined),
    ]);
  });
});

describe("provisioning: the artifacts of a target", () => {
  it("are those of its group's and its own distributions, each once, in that order", () => {
    expect(names(wantedArtifacts(example(), target()))).to.deep.equal(["api 1.0.0", "processor 1.0.0"]);
    expect(wantedArtifacts(example(), target({ approved: false }))).to.deep.equal([]);
    expect(wantedArtifacts(example(), target({ group: "constructor" }))).to.deep.equal([]);
    const own = changes.putDistribution(example(), "more", { features: ["felix-processor"] });
    expect(names(wantedArtifacts(own, target({ distributions: ["more", "unknown"] })))).to.have.length(2);
  });

  it("have the newest version, unless a feature pins one", () => {
    const model = changes.addArtifact(example(), artifact("processor", "1.2.0", "osgi"));
    expect(names(wantedArtifacts(model, target()))).to.include("processor 1.2.0");
    const kept = changes.putChoice(model, "felix-processor", { name: "processor", version: "1.0.0" });
    expect(names(wantedArtifacts(kept, target()))).to.include("processor 1.0.0");
    const both = changes.putChoice(kept, "felix-common", { name: "processor" });
    expect(names(wantedArtifacts(both, target()))).to.deep.equal(["api 1.0.0", "processor 1.0.0"]);
    expect(chosen(model, { name: "processor", version: "3.0.0" })).to.equal(undefined);
  });

  it("never include the other platform, nor a bundle twice, after any sequence of changes", () => {
    const name = fc.constantFrom("a", "b", "c", "constructor", "x");
    const platform = fc.constantFrom<Platform>("osgi", "celix");
    const change = fc.oneof(
      fc.tuple(name, fc.constantFrom("1.0.0", "2.0.0"), platform).map(
        ([each, version, kind]) =>
          (model: Model) =>
            changes.addArtifact(model, artifact(`${kind}-${each}`, version, kind)),
      ),
      fc.tuple(name, fc.array(fc.tuple(name, platform), { maxLength: 3 })).map(
        ([each, artifacts]) =>
          (model: Model) =>
            changes.putFeature(model, each, {
              artifacts: artifacts.map(([one, kind]) => ({ name: `${kind}-${one}` })),
            }),
      ),
      fc.tuple(name, fc.array(name, { maxLength: 3 })).map(
        ([each, features]) =>
          (model: Model) =>
            changes.putDistribution(model, each, { features }),
      ),
      fc.tuple(name, platform, fc.array(name, { maxLength: 3 })).map(
        ([each, kind, distributions]) =>
          (model: Model) =>
            changes.putGroup(model, each, { platform: kind, distributions }, new Map()),
      ),
      name.map((each) => (model: Model) => changes.removeFeature(model, each)),
      name.map((each) => (model: Model) => changes.removeDistribution(model, each, new Map())),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (list) => {
        let model = EMPTY_MODEL;
        for (const each of list) {
          const before = JSON.stringify(model);
          try {
            model = each(model);
          } catch (error) {
            if (!(error instanceof Problem)) throw error;
            expect(JSON.stringify(model)).to.equal(before);
          }
        }
        checkModel(model);
        modelSchema.parse(JSON.parse(JSON.stringify(model)));
        for (const [group, { platform: kind, distributions }] of Object.entries(model.groups)) {
          const all = artifactsOf(model, distributions);
          const platforms = all.map((each) => each.platform);
          expect(platforms.every((each) => each === kind)).to.equal(true);
          expect(new Set(all.map((each) => each.name)).size).to.equal(all.length);
          expect(wantedArtifacts(model, target({ group, platform: kind }))).to.deep.equal(all);
        }
      }),
    );
  });
});

describe("provisioning: refusals", () => {
  const model = example();

  it("name the platforms of a feature, distribution or target that do not match", () => {
    const { statusCode, message } = refusal(() => changes.linkFeature(model, "felix-processor", "celix-processor"));
    expect(statusCode).to.equal(409);
    expect(message).to.equal(
      `feature "celix-processor" is for celix, distribution "felix-processor" is for osgi: an agent runs bundles of its own kind only`,
    );
    for (const change of [
      () => changes.putChoice(model, "felix-common", { name: "inaetics_processor" }),
      () => changes.linkDistribution(model, "celix", "felix-processor"),
      () => changes.putGroup(model, "new", { platform: "osgi", distributions: ["celix-processor"] }, new Map()),
      () => changes.putGroup(model, "felix", { platform: "celix" }, new Map()),
      () => changes.putGroup(model, "other", { platform: "celix" }, new Map([["t", target({ group: "other" })]])),
      () => changes.addArtifact(model, artifact("api", "2.0.0", "celix")),
    ]) {
      const problem = refusal(change);
      expect(problem.statusCode).to.equal(409);
      expect(problem.message).to.match(/osgi/);
    }
  });

  it("list the existing names instead of an unknown one", () => {
    const { statusCode, message } = refusal(() => changes.putDistribution(model, "new", { features: ["nope"] }));
    expect(statusCode).to.equal(404);
    expect(message).to.include(`"nope"`).and.include("celix-processor, felix-common, felix-processor");
    for (const change of [
      () => changes.putChoice(model, "felix-common", { name: "api", version: "9.0.0" }),
      () => changes.needArtifact(model, "api", "9.0.0"),
      () => changes.needArtifact(model, "constructor", "1.0.0"),
      () => changes.removeChoice(model, "felix-common", "nope"),
      () => changes.unlinkFeature(model, "felix-processor", "celix-processor"),
      () => changes.unlinkDistribution(model, "felix", "celix-processor"),
      () => changes.removeGroup(model, "nope", []),
      () => changes.removeFeature(model, "toString"),
    ]) {
      expect(refusal(change).statusCode).to.equal(404);
    }
    expect(refusal(() => changes.putGroup(model, "new", {}, new Map())).message).to.include("osgi and celix");
    expect(
      refusal(() => changes.putDistribution(model, "d", { features: ["felix-common", "felix-common"] })).statusCode,
    ).to.equal(400);
  });

  it("protect whatever is in use from removal", () => {
    const kept = changes.putChoice(model, "felix-common", { name: "api", version: "1.0.0" });
    const own = new Map([["t", target({ distributions: ["extra"] })]]);
    for (const change of [
      () => changes.removeArtifact(model, "api", "1.0.0"),
      () => changes.removeArtifact(changes.addArtifact(kept, artifact("api", "2.0.0", "osgi")), "api", "1.0.0"),
      () => changes.removeFeature(model, "felix-common"),
      () => changes.removeDistribution(model, "felix-processor", new Map()),
      () => changes.removeDistribution(changes.putDistribution(model, "extra", { features: [] }), "extra", own),
      () => changes.removeGroup(model, "felix", ["t"]),
    ]) {
      expect(refusal(change).statusCode).to.equal(409);
    }
    const newer = changes.addArtifact(model, artifact("api", "2.0.0", "osgi"));
    expect(names(changes.removeArtifact(newer, "api", "2.0.0").artifacts)).to.have.members(names(model.artifacts));
  });

  it("protect a version from other bytes, except between images", () => {
    const [api] = model.artifacts;
    if (api === undefined) throw new Error("no api");
    expect(changes.addArtifact(model, { ...api, createdAt: 99 })).to.equal(model);
    expect(refusal(() => changes.addArtifact(model, artifact("api", "1.0.0", "osgi"))).message).to.include(
      "Bundle-Version",
    );
    const shipped = changes.addArtifact(model, artifact("s", "1.0.0", "osgi", { origin: "shipped" }));
    const rebuilt = artifact("s", "1.0.0", "osgi", { origin: "shipped" });
    expect(changes.addArtifact(shipped, rebuilt).artifacts).to.include(rebuilt).and.have.length(4);
    expect(refusal(() => changes.addArtifact(shipped, artifact("s", "1.0.0", "osgi"))).statusCode).to.equal(409);
    expect(refusal(() => changes.addArtifact(model, { ...rebuilt, name: "api" })).statusCode).to.equal(409);
  });

  it("limit the size of a deployment and the number of artifacts", () => {
    const large = artifact("api", "2.0.0", "osgi", { size: LARGEST_DEPLOYMENT });
    expect(refusal(() => changes.addArtifact(model, large)).message).to.include("48 MiB");
  });
});

describe("provisioning: views", () => {
  const model = example();
  const [api] = model.artifacts;
  if (api === undefined) throw new Error("no api");
  const { history, given } = assign([], target(), [api], { now: 5 });
  const state = (more: Partial<Target>, now = 1000, of = model): string =>
    targetView(
      of,
      { id: "t", target: target({ given: given ?? [], ...more }), history: history ?? [], heard: 0 },
      now,
      0,
    ).state;

  it("show the state of a target", () => {
    expect(state({ current: { version: "1.0.0", since: 1 } })).to.equal("current");
    expect(state({})).to.equal("updating");
    expect(state({ failed: { version: "1.0.0", reason: "x" } })).to.equal("failed");
    expect(state({ failed: { version: "0.0.0", reason: "x" } })).to.equal("updating");
    expect(state({ approved: false })).to.equal("waiting");
    expect(state({ approved: false, current: { version: "1.0.0", since: 1 } })).to.equal("updating");
    expect(state({}, 1000 + GONE_MS)).to.equal("updating");
    expect(state({}, 1001 + GONE_MS)).to.equal("gone");
  });

  it("show no target as gone before its first visit to a new process could have come", () => {
    const known = { id: "t", target: target(), history: [], heard: 0 };
    expect(targetView(model, known, 99_000, 90_000).state).to.equal("waiting");
    expect(targetView(model, { ...known, heard: 99_000 }, 99_500, 0).lastSeen).to.equal(99_000);
  });

  it("show the features that use each version of an artifact", () => {
    const newer = changes.addArtifact(model, artifact("api", "1.1.0", "osgi"));
    const shown = artifactViews(newer).map(({ name, version, usedBy }) => [name, version, usedBy.join()]);
    expect(shown).to.deep.equal([
      ["api", "1.1.0", "felix-common"],
      ["api", "1.0.0", ""],
      ["inaetics_processor", "1.0.0", "celix-processor"],
      ["processor", "1.0.0", "felix-processor"],
    ]);
  });
});
