/**
 * The count of a replication controller and the rolling of its pods, in the real engine on a real API server.
 * Does not prove: that real pods become ready (the cluster layer does): a kubelet that only reports stands in for nodes.
 */
import { expect } from "chai";
import * as path from "node:path";
import { ApiServer } from "../support/apiserver";
import { KubernetesEngine } from "./kubernetes";
import { makeNamespace, sharedServer } from "../support/server";
import { at, nameOf, object, text } from "../support/objects";

const components = path.resolve(__dirname, "..", "..", "components");
const namespace = "rollout";
const name = "agents";

describe("the rollout of a replication controller", function () {
  this.timeout(300_000);
  let server: ApiServer;
  let engine: KubernetesEngine;

  before(async () => {
    ({ server } = await sharedServer());
    await makeNamespace(server, namespace);
    engine = new KubernetesEngine(server.kubeconfig, namespace, ["pulumi-nodejs"]);
  });
  after(() => engine.cleanUp());

  const program = (template: string, replicas: number, image = "ok", timeoutSeconds = 60) =>
    engine.write(`
      const { Rollout } = require("${components}/kubernetes/Rollout");
      const labels = { name: "${name}" };
      const template = pod(labels, "${image}");
      template.metadata.annotations = { "inaetics.org/template": "${template}" };
      const controller = new k8s.core.v1.ReplicationController("${name}", {
        metadata: metadata("${name}", { annotations: { "pulumi.com/skipAwait": "true" } }), spec: { selector: labels, template } }, options);
      new Rollout("count", { kubeconfig, namespace: "${namespace}", controller: controller.metadata.name, uid: controller.metadata.uid,
        template: "${template}", replicas: ${replicas}, timeoutSeconds: ${timeoutSeconds} });`);
  const pods = async () => {
    const found = await server.api.list(object("v1", "Pod", "", namespace));
    return found.filter((pod) => at(pod, "metadata", "deletionTimestamp") === undefined);
  };
  const requested = async () =>
    at(await server.api.get(object("v1", "ReplicationController", name, namespace)), "spec", "replicas");
  const scaleLive = (replicas: number) =>
    server.api.request({
      method: "PATCH",
      path: `/api/v1/namespaces/${namespace}/replicationcontrollers/${name}/scale`,
      body: { spec: { replicas } },
      contentType: "application/merge-patch+json",
    });

  it("waits for as many ready pods as configured", async () => {
    program("one", 1);
    await engine.succeed("up");
    expect(await pods()).to.have.length(1);
  });

  it("rolls every pod to a new template, and leaves a count that was changed live", async () => {
    await scaleLive(3);
    const before = (await pods()).map(nameOf);
    program("two", 1);
    await engine.succeed("up");
    const after = await pods();
    expect(await requested()).to.equal(3);
    expect(after.map((pod) => text(pod, "metadata", "annotations", "inaetics.org/template"))).to.deep.equal([
      "two",
      "two",
      "two",
    ]);
    expect(after.map(nameOf).filter((pod) => before.includes(pod))).to.deep.equal([]);
  });

  it("sets the count again when its configuration changes", async () => {
    program("two", 2);
    await engine.succeed("up");
    expect(await requested()).to.equal(2);
    expect(await pods()).to.have.length(2);
  });

  it("fails when pods do not become ready, with their names and reasons; the next update mends it", async () => {
    program("three", 2, "broken:rollout", 3);
    const { code, diagnostics } = await engine.run("up");
    expect(code).not.to.equal(0);
    expect(diagnostics.map(({ message }) => message).join("\n")).to.match(
      /agents: \d of 2 pods ready after 3 s; agents-/,
    );
    program("four", 2);
    await engine.succeed("up");
    expect(await pods()).to.have.length(2);
  });
});
