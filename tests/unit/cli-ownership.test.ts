/**
 * The rules of which checkout owns the boxes of a stack, with the files by which checkouts know each other. Does not
 * prove that docker keeps the labels: the cluster tests have real boxes.
 */
import { expect } from "chai";
import fc from "fast-check";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Context, createContext, statePaths } from "@inaetics/stack";
import { forgetPlace, homeOf, recordPlace } from "../../cli/ownership/checkout";
import { DockerObject, readObjects } from "../../cli/ownership/objects";
import { Here, judge, refusalOf } from "../../cli/ownership/verdict";

const mine: Here = { checkout: "id-1", folder: "/mine/vagrant", knows: true };
const box = (change: Partial<DockerObject> = {}): DockerObject => ({
  kind: "container",
  name: "inaetics-dev-controller",
  state: "running",
  checkout: "id-1",
  folder: "/mine/vagrant",
  ...change,
});
const nowhere = () => undefined;

describe("the owner of a stack's boxes", () => {
  it("is nobody when none exist", () => expect(judge([], mine, nowhere)).to.deep.equal({ kind: "free" }));

  it("is the checkout with the label's id, wherever its folder is now", () =>
    expect(judge([box()], { ...mine, folder: "/moved/vagrant" }, () => "/moved")).to.deep.equal({ kind: "ours" }));

  it("is another living checkout, which is named", () => {
    const second: Here = { checkout: "id-2", folder: "/second/vagrant", knows: false };
    const verdict = judge([box()], second, () => "/mine");
    expect(verdict).to.deep.equal({ kind: "other", folder: "/mine" });
    const refusal = refusalOf(verdict, "dev");
    expect(refusal?.message).to.contain("/mine");
    expect(refusal?.cure).to.contain("./cluster adopt --take-over");
  });

  it("is another one for a copy of its folder", () =>
    expect(judge([box()], { ...mine, folder: "/copy/vagrant" }, () => "/mine")).to.deep.equal({
      kind: "other",
      folder: "/mine",
    }));

  it("is lost when the state is gone, and can be adopted or removed", () => {
    const verdict = judge([box()], { ...mine, checkout: "", knows: false }, nowhere);
    expect(verdict).to.deep.equal({ kind: "lost", folder: "/mine" });
    const cure = refusalOf(verdict, "dev")?.cure;
    expect(cure).to.contain("./cluster adopt\n").and.to.contain("./cluster destroy --force-boxes");
  });

  it("is lost when the state is empty, for volumes, too, but not for a network alone", () => {
    const empty = { ...mine, knows: false };
    expect(judge([box({ kind: "volume" })], empty, () => "/mine").kind).to.equal("lost");
    expect(judge([box({ kind: "network" })], empty, () => "/mine").kind).to.equal("ours");
  });

  describe("without labels of earlier versions", () => {
    const old = box({ checkout: "" });

    it("is the checkout whose state has them", () =>
      expect(judge([old], { ...mine, folder: "/moved/vagrant" }, () => "/mine")).to.deep.equal({ kind: "ours" }));

    it("is the folder's checkout for one without a state", () => {
      const second: Here = { checkout: "id-2", folder: "/second/vagrant", knows: false };
      expect(judge([old], second, () => "/mine")).to.deep.equal({ kind: "other", folder: "/mine" });
      expect(judge([old], second, nowhere)).to.deep.equal({ kind: "lost", folder: "/mine" });
    });
  });

  it("never is a checkout with another id, whatever else is labelled", () => {
    const objects = fc.array(
      fc.record({
        kind: fc.constantFrom("container", "network", "volume"),
        name: fc.string(),
        state: fc.constant(""),
        checkout: fc.constantFrom("", "id-1", "id-2"),
        folder: fc.constantFrom("", "/mine/vagrant", "/second/vagrant"),
      }),
    );
    fc.assert(
      fc.property(objects, fc.boolean(), fc.constantFrom(undefined, "/second"), (some, knows, living) => {
        const { kind } = judge([...some, box({ checkout: "id-2" })], { ...mine, knows }, () => living);
        expect(kind).to.equal(living === undefined ? "lost" : "other");
      }),
    );
  });
});

describe("docker's lines", () => {
  it("are read with labels that are missing", () => {
    expect(readObjects("container", "a\trunning\tid\t/f/vagrant\nb\texited\t\t\n")).to.deep.equal([
      { kind: "container", name: "a", state: "running", checkout: "id", folder: "/f/vagrant" },
      { kind: "container", name: "b", state: "exited", checkout: "", folder: "" },
    ]);
    expect(readObjects("volume", "")).to.deep.equal([]);
  });
});

describe("the places of checkouts", () => {
  let base: string;
  const checkout = (name: string, id?: string): Context => {
    const root = path.join(base, name);
    const state = path.join(root, ".state");
    const context = { ...createContext({ INAETICS_CACHE: path.join(base, "cache") }), root, state };
    fs.mkdirSync(path.join(root, "vagrant"), { recursive: true });
    if (id !== undefined) {
      fs.mkdirSync(path.dirname(statePaths.checkout(context)), { recursive: true });
      fs.writeFileSync(statePaths.checkout(context), `${id}\n`);
    }
    return context;
  };
  beforeEach(() => (base = fs.mkdtempSync(path.join(os.tmpdir(), "inaetics-checkouts-"))));
  afterEach(() => fs.rmSync(base, { recursive: true }));

  it("are found by the label's folder, and by the record after a move", () => {
    const made = checkout("first", "id-1");
    const second = checkout("second", "id-2");
    const label = path.join(made.root, "vagrant");
    expect(homeOf(second)("id-1", label)).to.equal(made.root);
    fs.renameSync(made.root, path.join(base, "moved"));
    expect(homeOf(second)("id-1", label)).to.equal(undefined);
    const moved = checkout("moved");
    recordPlace(moved);
    expect(homeOf(second)("id-1", label)).to.equal(moved.root);
  });

  it("do not count when the state is gone", () => {
    const made = checkout("first", "id-1");
    recordPlace(made);
    fs.rmSync(made.state, { recursive: true });
    expect(homeOf(checkout("second"))("id-1", path.join(made.root, "vagrant"))).to.equal(undefined);
  });

  it("are forgotten by their own checkout only", () => {
    const made = checkout("first", "id-1");
    const copy = checkout("copy", "id-1");
    recordPlace(made);
    forgetPlace(copy);
    expect(homeOf(copy)("id-1", "")).to.equal(made.root);
    forgetPlace(made);
    expect(homeOf(copy)("id-1", "")).to.equal(undefined);
  });
});
