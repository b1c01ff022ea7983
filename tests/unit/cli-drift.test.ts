/**
 * Comparison of objects with the recorded ones, its words, and the decision about fields of other owners; the report of
 * a box. Does not prove: that the API server and the boxes answer so (tests/cluster/parts/drift.ts).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import * as fs from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { boxProblems } from "../../cli/drift/find";
import { makeAuthority } from "../support/certificates";
import { prepareRun } from "../../cli/drift/repair";
import { createProgress } from "@inaetics/workstation";
import { describeDrift, judgeDrift } from "../../cli/drift/judge";
import { compareObject, objectPath, otherOwners, recordedObjects, type RecordedObject } from "../../cli/drift/objects";
import { checkpointFile, createContext, livingKubeconfig, parseSurvey, type RecordedResource } from "@inaetics/stack";

const own = "pulumi-kubernetes-1";
const fieldsV1 = {
  "f:data": { "f:policy": {}, "f:other": {} },
  "f:spec": { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {} } } },
};
const entry = (manager: string, fields: object, subresource?: string) => ({
  manager,
  operation: "Update",
  fieldsV1: fields,
  ...(subresource === undefined ? {} : { subresource }),
});
const resource = (changes: object = {}): RecordedResource => ({
  urn: "urn:pulumi:dev::inaetics::kubernetes:core/v1:ConfigMap::settings",
  type: "kubernetes:core/v1:ConfigMap",
  outputs: {
    apiVersion: "v1",
    kind: "ConfigMap",
    __fieldManager: own,
    metadata: { name: "settings", namespace: "inaetics", uid: "u1", managedFields: [entry(own, fieldsV1)], ...changes },
  },
});
const [recorded] = recordedObjects([resource()]) as readonly [RecordedObject];
const found = (...managedFields: readonly object[]) => ({ metadata: { uid: "u1", managedFields } });
const lines = (...fields: readonly object[]) => {
  const drift = compareObject(recorded, found(...fields));
  return drift === undefined ? [] : describeDrift(drift);
};

describe("recorded objects", () => {
  it("are the Kubernetes objects that are not being replaced, with the fields that the program owns", () => {
    const others = [
      { urn: "", type: "command:remote:Command" },
      { ...resource(), delete: true },
    ];
    expect(recordedObjects([...others, resource()])).to.have.length(1);
    expect(recorded.fields).to.deep.equal(["data.policy", "data.other", "spec.ports[port=80,protocol=TCP].port"]);
  });

  it("have the paths of the API server", () => {
    const path = (apiVersion: string, kind: string, namespace?: string) =>
      objectPath({ ...recorded, apiVersion, kind, namespace, name: "a:b" });
    expect(path("v1", "ConfigMap", "inaetics")).to.equal("/api/v1/namespaces/inaetics/configmaps/a%3Ab");
    expect(path("storage.k8s.io/v1", "StorageClass")).to.equal("/apis/storage.k8s.io/v1/storageclasses/a%3Ab");
    expect(path("networking.k8s.io/v1", "NetworkPolicy", "x")).to.match(/\/networkpolicies\//);
    expect(path("v1", "Gateway")).to.match(/\/gateways\//);
  });
});

describe("the comparison of an object", () => {
  it("reports nothing while the program owns its fields, whatever others add", () => {
    const status = entry("kube-controller-manager", { "f:status": { "f:replicas": {} } }, "status");
    const label = entry("kubectl-label", { "f:metadata": { "f:labels": { "f:mine": {} } } });
    expect(lines(entry(own, fieldsV1), status, label)).to.deep.equal([]);
  });

  it("names an object that is missing, and one that another program made again", () => {
    const described = (object: Parameters<typeof compareObject>[1]) => {
      const drift = compareObject(recorded, object);
      return drift === undefined ? [] : describeDrift(drift);
    };
    expect(described(undefined)).to.deep.equal(["ConfigMap inaetics/settings is missing"]);
    expect(described({ metadata: { uid: "u2", managedFields: [] } })[0]).to.match(/deleted and made again/);
  });

  it("names each field that was changed or removed, and its owner", () => {
    const kept = { "f:spec": fieldsV1["f:spec"] };
    const patch = entry("kubectl-patch", { "f:data": { "f:policy": {} } });
    expect(lines(entry(own, kept), patch)).to.deep.equal([
      "ConfigMap inaetics/settings: data.policy was changed by kubectl-patch",
      "ConfigMap inaetics/settings: data.other was removed",
    ]);
  });

  it("finds exactly the fields that are lost", () => {
    const all = ["a", "b", "c", "d", "e"];
    const tree = (names: readonly string[]) => ({
      "f:data": Object.fromEntries(names.map((name) => [`f:${name}`, {}])),
    });
    fc.assert(
      fc.property(fc.subarray(all, { minLength: 1 }), (kept) => {
        const [object] = recordedObjects([resource({ managedFields: [entry(own, tree(all))] })]);
        if (object === undefined) throw new Error("no object was recorded");
        const drift = compareObject(object, found(entry(own, tree(kept)), entry("kubectl-edit", tree(all))));
        expect(drift?.taken.map(({ path }) => path) ?? []).to.deep.equal(
          all.filter((name) => !kept.includes(name)).map((name) => `data.${name}`),
        );
      }),
    );
  });
});

describe("the decision about an update", () => {
  const taken = (owner: string | undefined) =>
    [{ object: recorded, kind: "changed", taken: [{ path: "data.policy", owner }] }] as const;

  it("changes nothing without differences", () => {
    const owners = ["kube-controller-manager", "kube-scheduler"];
    expect(judgeDrift([], owners)).to.deep.equal({ refresh: false, force: false, conflicts: [] });
  });

  it("takes fields back from kubectl, also after a refresh has recorded them", () => {
    expect(judgeDrift(taken("kubectl-patch"), [])).to.deep.include({ refresh: true, force: true, conflicts: [] });
    expect(judgeDrift([], ["kubectl-edit", "kube-scheduler"])).to.deep.include({ refresh: false, force: true });
  });

  it("refuses to take them from any other program", () => {
    const { force, conflicts } = judgeDrift([...taken("kubectl-patch"), ...taken("tuner")], ["kubectl-patch", "tuner"]);
    expect(force).to.equal(false);
    expect(conflicts.map(({ path, owner }) => `${path} ${owner}`)).to.deep.equal(["data.policy tuner"]);
    expect(judgeDrift([], ["kubectl-edit", "tuner"]).force).to.equal(false);
  });

  it("writes a removed or missing object without force", () => {
    expect(judgeDrift(taken(undefined), [])).to.deep.include({ refresh: true, force: false });
    expect(judgeDrift([{ object: recorded, kind: "missing", taken: [] }], [])).to.deep.include({
      refresh: true,
      force: false,
    });
  });

  it("knows owners of status and scale as no owners", () => {
    const entries = [entry(own, fieldsV1), entry("scaler", {}, "scale"), entry("kubectl-edit", {})];
    expect(otherOwners(recorded, found(...entries))).to.deep.equal(["kubectl-edit"]);
  });
});

describe("the report of a box", () => {
  it("has what its configuration repairs apart from the rest", () => {
    const text = "drift unit flanneld.service is inactive\nnote etcd key /x/config is missing\nother\n";
    expect(parseSurvey(text)).to.deep.equal({
      drift: ["unit flanneld.service is inactive"],
      notes: ["etcd key /x/config is missing"],
    });
    expect(parseSurvey("")).to.deep.equal({ drift: [], notes: [] });
  });

  it("says that its box is halted or missing", () => {
    const boxes = [
      { name: "inaetics-dev-controller", id: "1", state: "running", status: "" },
      { name: "inaetics-dev-node-2", id: "2", state: "exited", status: "" },
    ];
    const cluster = { cluster: "inaetics-dev" };
    expect(boxProblems(cluster, ["controller", "node-1", "node-2"], boxes)).to.deep.equal([
      "box inaetics-dev-node-2 is exited",
      "box inaetics-dev-node-1 is missing",
    ]);
    // Virtual machines are no containers.
    expect(boxProblems(cluster, ["controller"], [])).to.deep.equal([]);
  });
});

describe("the API server that is asked", () => {
  it("is the first one that answers", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const state = fs.mkdtempSync(path.join(os.tmpdir(), "drift-"));
    const context = createContext({ INAETICS_STATE: state }, "drift");
    const cluster = (port: number) => ({ name: `at-${port}`, cluster: { server: `https://127.0.0.1:${port}` } });
    const { port } = server.address() as AddressInfo;
    try {
      expect(await livingKubeconfig(context)).to.equal(undefined);
      fs.mkdirSync(context.run, { recursive: true });
      fs.writeFileSync(path.join(context.run, "kubeconfig"), stringify({ clusters: [cluster(1), cluster(port)] }));
      expect(parse((await livingKubeconfig(context)) ?? "")).to.deep.equal({ clusters: [cluster(port)] });
    } finally {
      server.close();
      fs.rmSync(state, { recursive: true });
    }
  });

  it("is the first controller's alone before a refresh, because Pulumi would forget what it cannot read", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const state = fs.mkdtempSync(path.join(os.tmpdir(), "drift-"));
    const context = createContext({ INAETICS_STATE: state }, "drift");
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const authority = await makeAuthority();
    const { certificate, key } = await authority.issue("admin");
    const user = { "client-certificate-data": base64(certificate), "client-key-data": base64(key) };
    const clusters = [1, (server.address() as AddressInfo).port].map((port) => ({
      cluster: {
        server: `https://127.0.0.1:${port}`,
        "certificate-authority-data": base64(authority.certificate),
      },
    }));
    const progress = createProgress();
    try {
      for (const file of [checkpointFile(context), path.join(context.run, "kubeconfig")])
        fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(
        checkpointFile(context),
        JSON.stringify({ checkpoint: { latest: { resources: [resource()] } } }),
      );
      fs.writeFileSync(path.join(context.run, "kubeconfig"), stringify({ clusters, users: [{ user }] }));
      const refused = await prepareRun(context, "refresh", [], progress).then(() => "nothing", String);
      expect(refused).to.match(/ECONNREFUSED 127.0.0.1:1; a refresh would forget them/);
      expect(await prepareRun(context, "up", [], progress)).to.deep.equal({ args: [], env: {} });
    } finally {
      server.close();
      fs.rmSync(state, { recursive: true });
    }
  });
});
