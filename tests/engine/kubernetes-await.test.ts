/**
 * Conformance of the kubernetes provider: it waits until objects are ready, and fails when they are not.
 * Does not prove: the wait of ten minutes for a ReplicationController, which no option shortens.
 */
import { expect } from "chai";
import { ApiServer } from "../support/apiserver";
import { Kubelet } from "../support/kubelet";
import { KubernetesEngine } from "./kubernetes";
import { makeNamespace, sharedServer } from "../support/server";
import { at, object, text } from "../support/objects";

const namespace = "waits";
/** Long enough for a test to notice a wait that ignores its limit. */
const patience = '{ "pulumi.com/timeoutSeconds": "3" }';

describe("kubernetes: waiting", function () {
  this.timeout(300_000);
  let server: ApiServer;
  let kubelet: Kubelet;
  let engine: KubernetesEngine;
  const live = (apiVersion: string, kind: string, name: string) =>
    server.api.find(object(apiVersion, kind, name, namespace));

  before(async () => {
    ({ server, kubelet } = await sharedServer());
    await makeNamespace(server, namespace);
    engine = new KubernetesEngine(server.kubeconfig, namespace);
  });
  after(() => engine.cleanUp());

  const broken = (annotations: string) => `
    new k8s.core.v1.Pod("pod", { ...pod({ name: "broken" }, "broken:1"),
      metadata: metadata("pod", { labels: { name: "broken" }, annotations: ${annotations} }) }, options);`;

  it("does not wait for what has skipAwait: an unready Pod, an RC of no replicas", async () => {
    const skip = '{ "pulumi.com/skipAwait": "true" }';
    engine.write(`
      new k8s.core.v1.Pod("skipped", { ...pod({}, "broken"), metadata: metadata("skipped", { annotations: ${skip} }) }, options);
      new k8s.core.v1.ReplicationController("none", { metadata: metadata("none", { annotations: ${skip} }), spec: { replicas: 0,
        selector: { name: "none" }, template: pod({ name: "none" }, "ok") } }, options);`);
    await engine.succeed("up");
    expect(at(await live("v1", "ReplicationController", "none"), "spec", "replicas")).to.equal(0);
    expect(text(await live("v1", "Pod", "skipped"), "status", "phase")).to.equal("Pending");
  });

  it("fails with the reason when an object is not ready in time, keeps it, and heals it with the next up", async () => {
    engine.write(`
      ${broken(patience)}
      new k8s.apps.v1.StatefulSet("set", { metadata: metadata("set", { annotations: ${patience} }), spec: { serviceName: "set",
        selector: { matchLabels: { name: "set" } }, template: pod({ name: "set" }, "broken:2") } }, options);
      new k8s.core.v1.ConfigMap("beside", { metadata: metadata("beside"), data: {} }, options);`);
    const failed = await engine.run("up", ["--continue-on-error"]);
    expect(failed.code).not.to.equal(0);
    expect(failed.text).to.contain("ImagePullBackOff");
    expect(failed.seconds).to.be.lessThan(120);
    expect(engine.resource("pod")?.id).to.equal(`${namespace}/pod`);
    expect(engine.resource("pod")?.initErrors).not.to.equal(undefined);
    expect(engine.resource("set")?.initErrors).not.to.equal(undefined);
    expect(await live("v1", "ConfigMap", "beside")).not.to.equal(undefined);
    kubelet.healed.add("broken:1").add("broken:2");
    const healed = await engine.succeed("up");
    expect(healed.changes).to.include({ update: 2 });
    expect(engine.resource("pod")?.initErrors ?? []).to.deep.equal([]);
  });

  it("names what it waits for; cancelled, it ends soon and the next up goes on", async () => {
    engine.write(`
      new k8s.core.v1.Pod("slow", { ...pod({ name: "slow" }, "broken:3"), metadata: metadata("slow") }, options);`);
    const cancelled = await engine.run("up", [], (shown) => /Waiting for Pod .* to be ready/.test(shown));
    expect(cancelled.code).not.to.equal(0);
    expect(cancelled.seconds).to.be.lessThan(120);
    expect(engine.resource("slow")?.id).to.equal(`${namespace}/slow`);
    expect(text(await live("v1", "Pod", "slow"), "status", "phase")).to.equal("Pending");
    kubelet.healed.add("broken:3");
    await engine.succeed("up");
    expect(text(await live("v1", "Pod", "slow"), "status", "phase")).to.equal("Running");
  });

  it("a Service waits for the unready Pods that it selects, not for Pods that do not exist", async () => {
    const service = (name: string, selected: string) =>
      `new k8s.core.v1.Service("${name}", { metadata: metadata("${name}", { annotations: { "pulumi.com/timeoutSeconds": "8" } }),
        spec: { selector: { name: "${selected}" }, ports: [{ port: 80 }] } }, options);`;
    const metadata = { name: "unready", namespace, labels: { name: "unready" } };
    const spec = { containers: [{ name: "main", image: "broken:4" }] };
    await server.api.create({ apiVersion: "v1", kind: "Pod", metadata, spec });
    engine.write(service("waits", "unready") + service("empty", "nobody"));
    const failed = await engine.run("up", ["--continue-on-error"]);
    expect(failed.code).not.to.equal(0);
    expect(engine.resource("waits")?.initErrors).not.to.equal(undefined);
    expect(engine.resource("empty")?.initErrors ?? []).to.deep.equal([]);
    kubelet.healed.add("broken:4");
    await engine.succeed("up");
  });

  it("gives a Job up as soon as it has failed; waits for conditions that the program names", async () => {
    engine.write(`
      new k8s.batch.v1.Job("job", { metadata: metadata("job"), spec: { backoffLimit: 0,
        template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "fails" }] } } } }, options);
      new k8s.core.v1.ConfigMap("never", { metadata: metadata("never", { annotations: {
        "pulumi.com/waitFor": "jsonpath={.data.done}=yes", "pulumi.com/timeoutSeconds": "3" } }), data: { done: "no" } }, options);
      new k8s.core.v1.Pod("named", { ...pod({}, "ok"), metadata: metadata("named", { annotations: {
        "pulumi.com/waitFor": '["jsonpath={.status.phase}=Running", "condition=Ready"]' } }) }, options);`);
    const failed = await engine.run("up", ["--continue-on-error"]);
    expect(failed.code).not.to.equal(0);
    expect(failed.text).to.contain("BackoffLimitExceeded");
    expect(failed.text).to.match(/never .*\.data\.done.* \(found "no"\)/);
    expect(engine.resource("never")?.initErrors).to.have.length(1);
    expect(engine.resource("named")?.initErrors ?? []).to.deep.equal([]);
    expect(failed.seconds).to.be.lessThan(120);
  });
});
