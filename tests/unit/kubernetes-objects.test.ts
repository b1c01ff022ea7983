/**
 * The kubernetes plugin's pure parts: checked inputs, differences, drift, patches, kinds, settings.
 * Does not prove: what the API server makes of them (tests/engine/kubernetes*.test.ts).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import * as lib from "../../plugins/lib";
import { mergePatch } from "../../plugins/kubernetes/apply";
import { checkInputs, CheckOptions, kindOfType } from "../../plugins/kubernetes/check";
import { diffObjects, segments } from "../../plugins/kubernetes/diff";
import { driftedInputs, importedInputs } from "../../plugins/kubernetes/drift";
import { parseId, withValue, without } from "../../plugins/kubernetes/objects";
import { settingsFrom } from "../../plugins/kubernetes/settings";

const frozen = { secrets: false, configMaps: false };
const mutable = { secrets: true, configMaps: true };

const log = Object.assign(() => undefined, { status: () => undefined });
const context = { urn: "urn", name: "web", log, signal: new AbortController().signal, timeoutSeconds: undefined };

function check(type: string, inputs: lib.Properties, more: Partial<lib.CheckRequest & CheckOptions> = {}) {
  const { oldInputs, randomSeed = new Uint8Array([1]), namespace = "", managedByLabel = false } = more;
  const isNamespaced = (_: string, kind: string) => Promise.resolve(kind !== "Namespace");
  const request = { ...context, type, inputs, oldInputs, randomSeed };
  return checkInputs(request, { namespace, managedByLabel, isNamespaced });
}

const json = fc.object({
  maxDepth: 3,
  values: [fc.string(), fc.integer(), fc.boolean()],
}) as fc.Arbitrary<lib.Properties>;

describe("kubernetes plugin: inputs", () => {
  it("knows kinds by their resource type", () => {
    expect(kindOfType("kubernetes:core/v1:Service")).to.deep.equal({ apiVersion: "v1", kind: "Service" });
    expect(kindOfType("kubernetes:apps/v1:Deployment")).to.deep.equal({ apiVersion: "apps/v1", kind: "Deployment" });
    const role = kindOfType("kubernetes:rbac.authorization.k8s.io/v1:Role");
    expect(role).to.deep.equal({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role" });
    expect(kindOfType("kubernetes:v1:Widget")).to.deep.equal({ apiVersion: "v1", kind: "Widget" });
    expect(kindOfType("docker:index/image:Image")).to.equal(undefined);
  });

  it("makes a name from the seed, the same for the same seed, and keeps it", async () => {
    const names = await Promise.all(
      [[1], [1], [2]].map(async (seed) => {
        const { inputs } = await check("kubernetes:core/v1:Pod", {}, { randomSeed: new Uint8Array(seed) });
        return inputs;
      }),
    );
    const [first, again, other] = names.map((inputs) => (inputs["metadata"] as lib.Properties)["name"]);
    expect(first).to.match(/^web-[0-9a-f]{8}$/);
    expect(again).to.equal(first);
    expect(other).not.to.equal(first);
    const later = await check("kubernetes:core/v1:Pod", {}, { randomSeed: new Uint8Array([3]), oldInputs: names[0] });
    expect((later.inputs["metadata"] as lib.Properties)["name"]).to.equal(first);
  });

  it("leaves names alone that are given, not known yet, or made by the API server", async () => {
    for (const metadata of [{ name: "n" }, { name: lib.unknown }, { generateName: "n-" }]) {
      const { inputs } = await check("kubernetes:core/v1:Pod", { metadata });
      expect(inputs["metadata"]).to.deep.equal(metadata);
    }
    const { inputs } = await check("kubernetes:core/v1:Pod", { metadata: lib.unknown });
    expect(inputs["metadata"]).to.equal(lib.unknown);
  });

  it("fills in namespaces where there are some, and drops nulls and what the server owns", async () => {
    const pod = await check(
      "kubernetes:core/v1:Pod",
      { metadata: { name: "n", uid: "u", labels: null } },
      { namespace: "x" },
    );
    expect(pod.inputs["metadata"]).to.deep.equal({ name: "n", namespace: "x" });
    const cluster = await check("kubernetes:core/v1:Namespace", { metadata: { name: "n" } }, { namespace: "x" });
    expect(cluster.inputs["metadata"]).to.deep.equal({ name: "n" });
  });

  it("refuses what does not fit the type, lists and patches", async () => {
    const wrong = await check("kubernetes:core/v1:Pod", { kind: "Service", apiVersion: "v1" });
    expect(wrong.failures?.map(({ property }) => property)).to.deep.equal(["kind"]);
    for (const kind of ["PodList", "PodPatch"]) {
      const { failures } = await check(`kubernetes:core/v1:${kind}`, {});
      expect(failures?.[0]?.reason).to.contain(kind);
    }
  });

  it("marks the data of Secrets", async () => {
    const { inputs } = await check("kubernetes:core/v1:Secret", { stringData: { a: "b" } });
    expect(inputs["stringData"]).to.be.instanceOf(lib.Secret);
  });

  it("reads ids with and without a namespace", () => {
    expect(parseId("a/b")).to.deep.equal({ namespace: "a", name: "b" });
    expect(parseId("b")).to.deep.equal({ namespace: "", name: "b" });
    for (const id of ["", "a/", "a/b/c"]) expect(() => parseId(id)).to.throw(/allowed/);
  });

  it("reads settings as texts and values, and names the one that is wrong", () => {
    const { serverSide, deleteUnreachable } = settingsFrom({ deleteUnreachable: "true" }, {});
    expect([serverSide, deleteUnreachable]).to.deep.equal([true, true]);
    expect(settingsFrom({}, { PULUMI_K8S_DELETE_UNREACHABLE: "1" }).deleteUnreachable).to.equal(true);
    expect(settingsFrom({ kubeconfig: { kind: "Config" } }, {}).kubeconfig).to.equal('{"kind":"Config"}');
    expect(() => settingsFrom({ enableServerSideApply: "maybe" }, {})).to.throw(
      /enableServerSideApply.*true and false/,
    );
  });
});

describe("kubernetes plugin: differences", () => {
  const object = (kind: string, fields: lib.Properties, apiVersion = "v1"): lib.Properties => ({
    ...{ apiVersion, kind, metadata: { name: "n", namespace: "x" } },
    ...fields,
  });
  const diff = (before: lib.Properties, after: lib.Properties, mutability = frozen, ignoreChanges: string[] = []) => {
    const { changes, deleteBeforeReplace } = diffObjects(
      { oldInputs: before, inputs: after, ignoreChanges },
      mutability,
    );
    return { changes: Object.fromEntries(changes), deleteBeforeReplace };
  };

  it("none between equals, whatever they are", () => {
    fc.assert(
      fc.property(json, (spec) => Object.keys(diff(object("A", { spec }), object("A", { spec })).changes).length === 0),
    );
  });

  it("replaces a renamed or moved object without deleting it first, and takes no namespace for default", () => {
    const moved = diff(object("Pod", {}), withValue(object("Pod", {}), ["metadata", "namespace"], "y"));
    expect(moved).to.deep.equal({
      changes: { "metadata.namespace": { kind: "update", replace: true } },
      deleteBeforeReplace: false,
    });
    const plain = without(object("Pod", {}), ["metadata", "namespace"]);
    expect(diff(plain, withValue(plain, ["metadata", "namespace"], "default")).changes).to.deep.equal({});
  });

  it("replaces immutable fields at, below and above their path; by deleting first as the name is fixed", () => {
    const pod = (image: string) => object("Pod", { spec: { containers: [{ image, name: "c" }] } });
    const below = diff(pod("a"), pod("b"));
    expect(below.changes).to.deep.equal({ "spec.containers[0].image": { kind: "update", replace: true } });
    expect(below.deleteBeforeReplace).to.equal(true);
    const above = diff(object("Service", {}), object("Service", { spec: { clusterIP: "None" } }));
    expect(above.changes).to.deep.equal({ spec: { kind: "add", replace: true } });
    const beside = diff(object("Service", {}), object("Service", { spec: { type: "NodePort" } }));
    expect(beside.changes).to.deep.equal({ spec: { kind: "add" } });
  });

  it("the data of ConfigMaps and Secrets as the provider is set, unless the object itself is immutable", () => {
    for (const kind of ["ConfigMap", "Secret"]) {
      const [before, after] = ["1", "2"].map((value) => object(kind, { data: { "a.b": value } })) as [
        lib.Properties,
        lib.Properties,
      ];
      expect(diff(before, after).changes).to.deep.equal({ 'data["a.b"]': { kind: "update", replace: true } });
      expect(diff(before, after, mutable).changes).to.deep.equal({ 'data["a.b"]': { kind: "update" } });
      const immutable = diff({ ...before, immutable: true }, { ...after, immutable: true }, mutable);
      expect(immutable.deleteBeforeReplace).to.equal(true);
    }
  });

  it("an autonamed object is not deleted first; ignored paths do not count", () => {
    const auto = (value: string) =>
      withValue(object("ConfigMap", { data: { a: value } }), ["metadata", "annotations"], {
        "pulumi.com/autonamed": "true",
      });
    expect(diff(auto("1"), auto("2")).deleteBeforeReplace).to.equal(false);
    expect(diff(auto("1"), auto("2"), frozen, ["data"]).changes).to.deep.equal({});
    expect(diff(auto("1"), auto("2"), frozen, ["data.b"]).changes).to.have.all.keys("data.a");
  });

  it("splits property paths", () => {
    expect(segments('spec.list[0]["a.b"].c')).to.deep.equal(["spec", "list", "0", "a.b", "c"]);
  });

  it("a merge patch turns the one into the other", () => {
    const apply = (target: lib.Properties, patch: lib.Properties): lib.Properties =>
      Object.entries(patch).reduce<lib.Properties>((result, [key, value]) => {
        if (value === null) return without(result, [key]);
        const old = Object.hasOwn(result, key) ? result[key] : undefined;
        return { ...result, [key]: lib.isObject(value) && lib.isObject(old) ? apply(old, value) : value };
      }, target);
    fc.assert(
      fc.property(json, json, (before, after) => isDeepStrictEqual(apply(before, mergePatch(before, after)), after)),
      { examples: [[{ toString: 0 }, {}]] },
    );
  });
});

describe("kubernetes plugin: drift", () => {
  it("is none where the live object is as it was, however the server wrote it", () => {
    fc.assert(fc.property(json, json, (inputs, live) => isDeepStrictEqual(driftedInputs(inputs, live, live), inputs)));
    const inputs = { cpu: "1000m", added: true };
    expect(driftedInputs(inputs, { cpu: "1", more: 1 }, { cpu: "1", more: 2 })).to.deep.equal(inputs);
  });

  it("is what changed of the inputs, and only that", () => {
    const inputs = { spec: { a: "1", b: "1", list: [{ x: 1 }, { x: 2 }] } };
    const known = {
      spec: {
        a: "1",
        b: "1",
        list: [
          { x: 1, y: 0 },
          { x: 2, y: 0 },
        ],
        c: 0,
      },
    };
    const live = {
      spec: {
        b: "2",
        list: [
          { x: 1, y: 0 },
          { x: 3, y: 0 },
        ],
        c: 9,
      },
    };
    expect(driftedInputs(inputs, known, live)).to.deep.equal({ spec: { b: "2", list: [{ x: 1 }, { x: 3 }] } });
  });

  it("of a Secret's texts is seen in its data", () => {
    const data = (value: string) => ({ kind: "Secret", data: { a: Buffer.from(value).toString("base64") } });
    const inputs = { kind: "Secret", stringData: { a: "1" } };
    expect(driftedInputs(inputs, data("1"), data("1"))).to.deep.equal(inputs);
    expect(driftedInputs(inputs, data("1"), data("2"))).to.deep.equal({ kind: "Secret", stringData: { a: "2" } });
  });

  it("an imported object's inputs are what a program could have written", () => {
    const metadata = { name: "n", uid: "u", annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" } };
    expect(importedInputs({ kind: "A", metadata, spec: { a: 1 }, status: {} })).to.deep.equal({
      kind: "A",
      metadata: { name: "n" },
      spec: { a: 1 },
    });
  });
});
