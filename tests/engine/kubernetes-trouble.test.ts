/**
 * Conformance of the kubernetes provider when the cluster is not as the program expects: objects of others, refused
 * changes, deletions that hang, an API server that is down.
 * Does not prove: behaviour during real network faults (lost packets, half-open connections), nor the treatment of
 * existing objects without upsertExistingObjects, where releases differ.
 */
import { expect } from "chai";
import { repeatable } from "../../components/options";
import { ApiServer } from "../support/apiserver";
import { KubernetesEngine } from "./kubernetes";
import { makeNamespace, sharedServer } from "../support/server";
import { at, object, text } from "../support/objects";

const namespace = "trouble";

describe("kubernetes: trouble", function () {
  this.timeout(300_000);
  let server: ApiServer;
  let engine: KubernetesEngine;
  const configMap = (name: string) => object("v1", "ConfigMap", name, namespace);

  before(async () => {
    ({ server } = await sharedServer());
    await makeNamespace(server, namespace);
  });
  beforeEach(() => {
    engine = new KubernetesEngine(server.kubeconfig, namespace);
  });
  afterEach(() => engine.cleanUp());

  it("replicas that another manager has scaled: a conflict that names it; ignored or forced, it passes", async () => {
    const rc = (name: string, n: number, more = "", others = "") => `
      new k8s.core.v1.ReplicationController("${name}", { metadata: metadata("${name}", { labels: { n: "${n}" }, ${more} }),
        spec: { replicas: 1, selector: { name: "${name}" }, template: pod({ name: "${name}" }, "ok") } },
        { provider, ${others} });`;
    const names = ["plain", "ignoring", "forcing"];
    engine.write(names.map((name) => rc(name, 1)).join(""));
    await engine.succeed("up");
    for (const name of names) {
      const path = `/api/v1/namespaces/${namespace}/replicationcontrollers/${name}/scale?fieldManager=kubectl`;
      const contentType = "application/merge-patch+json";
      await server.api.request({ method: "PATCH", path, body: { spec: { replicas: 2 } }, contentType });
    }
    engine.write(`
      ${rc("plain", 2)}
      ${rc("ignoring", 2, "", 'ignoreChanges: ["spec.replicas"]')}
      ${rc("forcing", 2, 'annotations: { "pulumi.com/patchForce": "true" }')}`);
    const outcome = await engine.run("up", ["--continue-on-error"]);
    expect(outcome.code).not.to.equal(0);
    const errors = outcome.diagnostics.filter(
      ({ severity, name }) => severity === "error" && !["", "engine-test-test"].includes(name),
    );
    expect(new Set(errors.map(({ name }) => name))).to.deep.equal(new Set(["plain"]));
    const message = errors.map((error) => error.message).join("\n");
    expect(message)
      .to.match(/conflict/)
      .and.to.contain(".spec.replicas")
      .and.to.contain("kubectl");
    const live = async (name: string) => {
      const found = await server.api.get(object("v1", "ReplicationController", name, namespace));
      return [at(found, "spec", "replicas"), text(found, "metadata", "labels", "n")];
    };
    expect(await Promise.all(names.map(live))).to.deep.equal([
      [2, "1"],
      [2, "2"],
      [1, "2"],
    ]);
  });

  it("adopts an existing object when the provider is set so; imports one; reads one", async () => {
    await server.api.create({ ...configMap("theirs"), data: { a: "1" } });
    await server.api.create({ ...configMap("imported"), data: { a: "1" } });
    const program = `
      new k8s.core.v1.ConfigMap("theirs", { metadata: metadata("theirs"), data: { a: "1" } }, options);
      new k8s.core.v1.ConfigMap("imported", { metadata: metadata("imported"), data: { a: "1" } },
        { provider, import: "${namespace}/imported" });
      const got = k8s.core.v1.ConfigMap.get("got", "kube-public/kube-root-ca.crt", options);
      exports.got = got.data.apply((data) => Object.keys(data));`;
    engine.write(program, repeatable);
    await engine.succeed("up");
    expect(engine.resource("theirs")?.id).to.equal(`${namespace}/theirs`);
    expect(engine.resource("imported")?.id).to.equal(`${namespace}/imported`);
    expect((await engine.outputs())["got"]).to.deep.equal(["ca.crt"]);
  });

  it("a preview shows what the API server would refuse; a wrong kubeconfig is an error", async () => {
    engine.write(`
      new k8s.core.v1.Service("service", { metadata: metadata("service"), spec: { ports: [{ port: 70000 }] } }, options);
      new k8s.core.v1.ConfigMap("config", { metadata: metadata("Not_A_Name"), data: {} }, options);`);
    const preview = await engine.run("preview");
    expect(preview.code).not.to.equal(0);
    expect(preview.text).to.contain("70000").and.to.contain("Not_A_Name");
    engine.write(`
      const wrong = new k8s.Provider("wrong", { kubeconfig: "/no/such/kubeconfig" });
      new k8s.core.v1.ConfigMap("config", { metadata: metadata("config") }, { provider: wrong });`);
    const misled = await engine.run("up");
    expect(misled.code).not.to.equal(0);
    expect(misled.text).to.contain("failed to parse kubeconfig");
    expect(engine.resource("config")).to.equal(undefined);
  });

  it("a deletion that does not come to its end fails in time, keeps the object, and can be done again", async () => {
    engine.write(`
      new k8s.core.v1.ConfigMap("held", { metadata: metadata("held", { finalizers: ["example.org/hold"] }) },
        { provider, customTimeouts: { delete: "3s" } });`);
    await engine.succeed("up");
    const failed = await engine.run("destroy");
    expect(failed.code).not.to.equal(0);
    expect(failed.seconds).to.be.lessThan(60);
    expect(engine.resource("held")?.id).to.equal(`${namespace}/held`);
    await server.api.change(configMap("held"), { metadata: { finalizers: null } });
    await engine.succeed("destroy");
  });

  it("an API server that is away: a clear error soon, nothing lost, and destroy where deleteUnreachable is set", async () => {
    const program = 'new k8s.core.v1.ConfigMap("config", { metadata: metadata("kept"), data: { a: "b" } }, options);';
    engine.write(program);
    await engine.succeed("up");
    await server.goAway();
    try {
      engine.write(program.replace('"b"', '"c"'));
      const update = await engine.run("up");
      expect(update.code).not.to.equal(0);
      expect(update.text).to.contain("unreachable");
      expect(update.seconds).to.be.lessThan(120);
      const refresh = await engine.run("refresh");
      expect(refresh.code).not.to.equal(0);
      expect(engine.resource("config")?.id).to.equal(`${namespace}/kept`);
      await server.comeBack();
      engine.write(program.replace('"b"', '"c"'), { deleteUnreachable: true });
      await engine.succeed("up");
      const live = await server.api.get(configMap("kept"));
      expect(text(live, "data", "a")).to.equal("c");
      await server.goAway();
      await engine.succeed("destroy");
      expect(engine.resource("config")).to.equal(undefined);
    } finally {
      await server.comeBack();
      await server.api.remove(configMap("kept"));
    }
  });
});
