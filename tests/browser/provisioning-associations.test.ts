/**
 * Associations on the provisioning page: related items, possible assignments, and filters.
 * Not proven here: that a browser shows it (provisioning.test.ts).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import {
  assignable,
  closure,
  compatible,
  everything,
  isAssigned,
  itemOf,
  itemsOf,
  keyOf,
  kinds,
  links,
  matches,
  platformOf,
  summary,
  versionsOf,
  type Item,
  type Model,
} from "../../images/node-provisioning/web/lib/associations";
import type { Artifact, Target } from "../../images/node-provisioning/web/lib/shapes";

const artifact = (name: string, version: string, platform: Artifact["platform"]): Artifact => ({
  name,
  version,
  platform,
  sha256: "0".repeat(64),
  size: 1000,
  createdAt: 0,
  origin: "shipped",
  usedBy: [],
});
const target = (id: string, group: string, parts: Partial<Target> = {}): Target => ({
  id,
  group,
  platform: "osgi",
  approved: true,
  distributions: [],
  wanted: { version: "1.0.0", since: 0, artifacts: [] },
  current: { version: "1.0.0", since: 0 },
  failed: null,
  state: "current",
  registeredAt: 0,
  lastSeen: 0,
  address: "10.1.0.5",
  ...parts,
});
const model: Model = {
  artifacts: [
    artifact("org.api", "1.0.0", "osgi"),
    artifact("org.api", "1.10.0", "osgi"),
    artifact("org.api", "1.9.0", "osgi"),
    artifact("org.work", "1.0.0", "osgi"),
    artifact("c_work", "1.0.0", "celix"),
  ],
  features: [
    { name: "base", platform: "osgi", artifacts: [{ name: "org.api" }] },
    { name: "work", platform: "osgi", artifacts: [{ name: "org.work", version: "1.0.0" }] },
    { name: "native", platform: "celix", artifacts: [{ name: "c_work" }] },
    { name: "empty", platform: null, artifacts: [] },
  ],
  distributions: [
    { name: "worker", platform: "osgi", features: ["base", "work"] },
    { name: "bare", platform: "osgi", features: ["base"] },
    { name: "native", platform: "celix", features: ["native"] },
  ],
  groups: [
    { name: "workers", platform: "osgi", autoApprove: true, distributions: ["worker"] },
    { name: "natives", platform: "celix", autoApprove: false, distributions: ["native"] },
  ],
  targets: [
    target("workers-a", "workers"),
    target("workers-b", "workers", { distributions: ["bare"], state: "failed" }),
    target("natives-a", "natives", { platform: "celix", approved: false, wanted: null, state: "waiting" }),
  ],
};
const item = (key: string): Item => {
  const found = itemOf(key);
  if (found === undefined) throw new Error(`${key} is no item`);
  return found;
};
const around = (key: string): readonly string[] => [...closure(model, item(key))].sort();

describe("provisioning page: associations", () => {
  it("finds the parts and the destinations of an item, and not the items beside it", () => {
    expect(around("artifact/org.work")).to.deep.equal([
      "distribution/worker",
      "feature/work",
      "group/workers",
      "target/workers-a",
      "target/workers-b",
    ]);
    expect(around("feature/base")).to.deep.equal([
      "artifact/org.api",
      "distribution/bare",
      "distribution/worker",
      "group/workers",
      "target/workers-a",
      "target/workers-b",
    ]);
    expect(around("target/workers-a")).to.deep.equal([
      "artifact/org.api",
      "artifact/org.work",
      "distribution/worker",
      "feature/base",
      "feature/work",
      "group/workers",
    ]);
    expect(around("target/workers-b")).to.include("distribution/bare");
    expect(around("group/natives")).to.deep.equal([
      "artifact/c_work",
      "distribution/native",
      "feature/native",
      "target/natives-a",
    ]);
    expect(around("feature/empty")).to.deep.equal([]);
  });

  it("is symmetric: each related item is related to the first one", () => {
    const all = kinds.flatMap((kind) => itemsOf(model, kind));
    for (const one of all)
      for (const other of closure(model, one))
        expect([...closure(model, item(other))], `${keyOf(one)} and ${other}`).to.include(keyOf(one));
  });

  it("ends for models with circles of equal names", () => {
    const same = fc.constantFrom("a", "b", "c");
    const some = fc.array(same, { maxLength: 3 });
    fc.assert(
      fc.property(some, some, some, (features, distributions, groups) => {
        const random: Model = {
          artifacts: [artifact("a", "1.0.0", "osgi")],
          features: features.map((name) => ({ name, platform: null, artifacts: [{ name: "a" }] })),
          distributions: distributions.map((name) => ({ name, platform: null, features: [...features] })),
          groups: groups.map((name) => ({
            name,
            platform: "osgi" as const,
            autoApprove: true,
            distributions: [...distributions],
          })),
          targets: groups.map((group) => target("a", group)),
        };
        const keys = new Set(links(random).flat());
        for (const key of keys) for (const found of closure(random, item(key))) expect(keys.has(found)).to.equal(true);
      }),
    );
  });

  it("allows assignments of neighbouring kinds, in either direction, and knows the assigned ones", () => {
    expect(assignable(item("feature/base"), item("artifact/org.api"))).to.deep.equal([
      item("artifact/org.api"),
      item("feature/base"),
    ]);
    expect(assignable(item("distribution/bare"), item("target/workers-b"))).not.to.equal(undefined);
    expect(assignable(item("distribution/bare"), item("group/workers"))).not.to.equal(undefined);
    expect(assignable(item("artifact/org.api"), item("distribution/bare"))).to.equal(undefined);
    expect(assignable(item("feature/base"), item("feature/work"))).to.equal(undefined);
    expect(assignable(item("group/workers"), item("target/workers-a"))).to.equal(undefined);
    expect(isAssigned(model, item("feature/base"), item("distribution/worker"))).to.equal(true);
    expect(isAssigned(model, item("distribution/worker"), item("target/workers-a"))).to.equal(false);
  });

  it("allows no items of different platforms together; an item without a platform fits all", () => {
    expect(compatible(model, item("feature/native"), item("distribution/worker"))).to.equal(false);
    expect(compatible(model, item("feature/empty"), item("distribution/worker"))).to.equal(true);
    expect(compatible(model, item("distribution/native"), item("target/natives-a"))).to.equal(true);
    expect(platformOf(model, item("artifact/c_work"))).to.equal("celix");
    expect(platformOf(model, item("artifact/unknown"))).to.equal(undefined);
  });

  it("parses items from text, and refuses other texts", () => {
    for (const kind of kinds) expect(itemOf(`${kind}/x/y`)).to.deep.equal({ kind, name: "x/y" });
    for (const wrong of ["", "feature", "feature/", "thing/x", "/x"]) expect(itemOf(wrong), wrong).to.equal(undefined);
  });

  it("lists a group of which only a target is known, and versions from the newest", () => {
    const lone: Model = { ...model, groups: [], targets: [target("x-1", "x")] };
    expect(itemsOf(lone, "group")).to.deep.equal([item("group/x")]);
    expect(versionsOf(model, "org.api").map((each) => each.version)).to.deep.equal(["1.10.0", "1.9.0", "1.0.0"]);
  });

  it("filters by words, platform and state", () => {
    const found = (filter: Partial<typeof everything>, kind: Item["kind"]): readonly string[] =>
      itemsOf(model, kind)
        .filter((each) => matches(model, { ...everything, ...filter }, each))
        .map((each) => each.name);
    expect(found({ words: "ORG wor" }, "artifact")).to.deep.equal(["org.work"]);
    expect(found({ platform: "celix" }, "feature")).to.deep.equal(["empty", "native"]);
    expect(found({ state: "failed" }, "target")).to.deep.equal(["workers-b"]);
    expect(found({ state: "unapproved" }, "target")).to.deep.equal(["natives-a"]);
    expect(found({ state: "failed" }, "feature")).to.have.length(4);
    expect(summary(model.targets)).to.include({ current: 1, failed: 1, waiting: 1, unapproved: 1, gone: 0 });
  });
});
