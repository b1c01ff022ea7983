/**
 * Conformance of the kubernetes provider, as far as the program relies on it: the life of objects of many kinds, through the
 * real engine and against a real API server with its controllers.
 * Does not prove: that pods run (no node exists; kubelet.ts reports what a kubelet would).
 */
import { expect } from "chai";
import { ApiServer } from "../support/apiserver";
import { Outcome } from "./engine";
import { KubernetesEngine } from "./kubernetes";
import { sharedServer } from "../support/server";
import { at, KubeObject, list, nameOf, object, text } from "../support/objects";

const namespace = "life";

/** @param generation differs between the first and the second program */
const program = (generation: number) => `
  const n = ${generation};
  const ns = new k8s.core.v1.Namespace("ns", { metadata: { name: "${namespace}" } }, options);
  const inside = { provider, dependsOn: [ns] };
  const named = (name, annotations) => ({ name, namespace: ns.metadata.name, annotations });
  new k8s.core.v1.ConfigMap("config", { metadata: metadata("config"), data: { "app.conf": "value " + n } }, inside);
  const auto = new k8s.core.v1.ConfigMap("auto", { metadata: { namespace: ns.metadata.name, labels: { n: "n" + n } } }, options);
  new k8s.core.v1.Secret("secret", { metadata: named("secret"), stringData: { password: "swordfish" } }, options);
  new k8s.core.v1.Secret("second", { metadata: named("second"), data: { token: pulumi.secret("c3dvcmRmaXNo") } }, options);
  const service = new k8s.core.v1.Service("service", { metadata: named("service", { "pulumi.com/skipAwait": "true" }), spec: {
    type: "NodePort", selector: { name: "rc-pod" }, ports: [{ port: 80 + n, targetPort: 8080 }] } }, options);
  const resources = { requests: { cpu: "1000m", memory: "1024Ki" } };
  const rc = new k8s.core.v1.ReplicationController("rc", { metadata: named("rc"), spec: { replicas: n, selector: { name: "rc-pod" },
    template: { metadata: { labels: { name: "rc-pod" } }, spec: { containers: [{ name: "main", image: "ok:" + n, resources }] } } } }, options);
  const selector = { matchLabels: { name: "set-pod" } };
  new k8s.apps.v1.StatefulSet("set", { metadata: named("set"), spec: { serviceName: "set", replicas: n, selector,
    template: pod({ name: "set-pod" }, "ok:" + n) } }, options);
  const deployment = new k8s.apps.v1.Deployment("deployment", { metadata: named("deployment"), spec: { replicas: 1,
    selector: { matchLabels: { name: "d" + n } }, template: pod({ name: "d" + n }, "ok:1") } }, options);
  new k8s.batch.v1.Job("job", { metadata: named("job"), spec: {
    template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "done" }] } } } }, options);
  const storageClass = new k8s.storage.v1.StorageClass("class", { metadata: { name: "slow" },
    provisioner: "kubernetes.io/no-provisioner", volumeBindingMode: "WaitForFirstConsumer", parameters: { n: "" + n } }, options);
  new k8s.core.v1.PersistentVolume("volume", { metadata: { name: "volume", labels: { n: "" + n } }, spec: { capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce"], storageClassName: "slow", hostPath: { path: "/data" } } }, options);
  new k8s.core.v1.PersistentVolumeClaim("claim", { metadata: named("claim"), spec: { accessModes: ["ReadWriteOnce"],
    storageClassName: storageClass.metadata.name.apply(() => "slow"), resources: { requests: { storage: "1Gi" } } } }, options);
  const account = new k8s.core.v1.ServiceAccount("account", { metadata: named("account") }, options);
  const role = new k8s.rbac.v1.Role("role", { metadata: named("role"),
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: n > 1 ? ["get", "list"] : ["get"] }] }, options);
  new k8s.rbac.v1.RoleBinding("binding", { metadata: named("binding"),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: n > 1 ? "other" : "role" },
    subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: ns.metadata.name }] }, options);
  const schema = { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } } } };
  const crd = new k8s.apiextensions.v1.CustomResourceDefinition("crd", { metadata: { name: "lamps.test.example.org" }, spec: {
    group: "test.example.org", scope: "Namespaced", names: { plural: "lamps", singular: "lamp", kind: "Lamp" },
    versions: [{ name: "v1", served: true, storage: true, schema }] } }, options);
  new k8s.apiextensions.CustomResource("lamp", { apiVersion: "test.example.org/v1", kind: "Lamp", metadata: named("lamp"),
    spec: { watts: 40 * n } }, { provider, dependsOn: [crd] });
  exports.auto = auto.metadata.name; exports.address = service.spec.clusterIP; exports.available = rc.status.availableReplicas;`;

describe("kubernetes: the life of objects", function () {
  this.timeout(300_000);
  let server: ApiServer;
  let engine: KubernetesEngine;
  let outputs: Readonly<Record<string, unknown>>;
  let second: Outcome;
  const live = (apiVersion: string, kind: string, name: string): Promise<KubeObject | undefined> =>
    server.api.find(object(apiVersion, kind, name, namespace));
  const ops = (outcome: Outcome, name: string) =>
    outcome.steps.filter((step) => step.name === name).map(({ op }) => op);
  const diffOf = (outcome: Outcome, name: string) =>
    outcome.steps.filter((step) => step.name === name && step.op !== "delete-replaced")[0]?.diff;

  before(async function () {
    ({ server } = await sharedServer());
    engine = new KubernetesEngine(server.kubeconfig, namespace);
  });
  after(() => engine.cleanUp());

  it("previews everything and makes nothing", async () => {
    engine.write(program(1));
    const outcome = await engine.succeed("preview");
    expect(new Set(outcome.steps.map(({ op }) => op))).to.deep.equal(new Set(["create"]));
    expect(await live("v1", "Namespace", namespace)).to.equal(undefined);
  });

  it("creates every kind and waits until it is ready", async () => {
    await engine.succeed("up");
    outputs = await engine.outputs();
    expect(outputs["address"]).to.match(/^10\.99\./);
    expect(outputs["available"]).to.equal(1);
    expect(at(await live("apps/v1", "StatefulSet", "set"), "status", "readyReplicas")).to.equal(1);
    expect(at(await live("batch/v1", "Job", "job"), "status", "succeeded")).to.equal(1);
    expect(at(await live("test.example.org/v1", "Lamp", "lamp"), "spec", "watts")).to.equal(40);
  });

  it("applies server-side under a name of its own", async () => {
    const managers = list(await live("v1", "ReplicationController", "rc"), "metadata", "managedFields");
    const own = managers.filter((each) => text(each, "operation") === "Apply").map((each) => text(each, "manager"));
    expect(own).to.have.length(1);
    expect(own[0]).to.match(/^pulumi-kubernetes-/);
  });

  it("names an object that has no name, and marks it", async () => {
    expect(outputs["auto"]).to.match(/^auto-[a-z0-9]{8}$/);
    const auto = await live("v1", "ConfigMap", String(outputs["auto"]));
    expect(text(auto, "metadata", "annotations", "pulumi.com/autonamed")).to.equal("true");
  });

  it("keeps what is in Secrets out of the state's clear text, marked by the program or not", () => {
    expect(engine.stateText()).not.to.contain("swordfish").and.not.to.contain("c3dvcmRmaXNo");
  });

  it("finds no change right after", async () => {
    const again = await engine.succeed("preview", ["--expect-no-changes"]);
    expect(again.changes).to.have.all.keys("same");
  });

  it("updates in place what can be, showing the paths", async () => {
    engine.write(program(2));
    second = await engine.succeed("up");
    const updated = ["auto", "service", "rc", "set", "volume", "role", "lamp"];
    expect(updated.map((name) => ops(second, name))).to.deep.equal(updated.map(() => ["update"]));
    expect(diffOf(second, "service")).to.deep.equal({ "spec.ports[0].port": "update" });
    expect(diffOf(second, "role")).to.deep.equal({ "rules[0].verbs[1]": "add" });
    expect(diffOf(second, "auto")).to.deep.equal({ "metadata.labels.n": "update" });
    expect(diffOf(second, "rc")).to.deep.equal({
      "spec.replicas": "update",
      "spec.template.spec.containers[0].image": "update",
    });
    expect((await engine.outputs())["available"]).to.equal(2);
    expect(at(await live("apps/v1", "StatefulSet", "set"), "status", "updatedReplicas")).to.equal(2);
  });

  it("keeps the name that it made", async () => {
    expect((await engine.outputs())["auto"]).to.equal(outputs["auto"]);
  });

  it("replaces what cannot be changed, and deletes first where the name is fixed", async () => {
    const replaced = ["config", "deployment", "class", "binding"];
    const sequences = replaced.map((name) => ops(second, name));
    expect(sequences).to.deep.equal(replaced.map(() => ["delete-replaced", "replace", "create-replacement"]));
    expect(diffOf(second, "config")).to.deep.equal({ 'data["app.conf"]': "update-replace" });
    expect(diffOf(second, "binding")).to.deep.equal({ "roleRef.name": "update-replace" });
    expect(text(await live("v1", "ConfigMap", "config"), "data", "app.conf")).to.equal("value 2");
    expect(text(await live("rbac.authorization.k8s.io/v1", "RoleBinding", "binding"), "roleRef", "name")).to.equal(
      "other",
    );
  });

  it("a refresh sees what others deleted and changed; up makes it again and sets it back", async () => {
    const config = object("v1", "ConfigMap", "config", namespace);
    await server.api.remove(config);
    const lamp = object("test.example.org/v1", "Lamp", "lamp", namespace);
    await server.api.change(lamp, { spec: { watts: 7 } });
    await engine.succeed("refresh");
    expect(engine.resource("config")).to.equal(undefined);
    expect(at(engine.resource("lamp")?.outputs, "spec", "watts")).to.equal(7);
    const refused = await engine.run("preview");
    expect(refused.code).not.to.equal(0);
    expect(refused.text)
      .to.match(/conflict/)
      .and.to.contain(".spec.watts")
      .and.to.contain("somebody");
    const force = 'named("lamp", { "pulumi.com/patchForce": "true" })';
    engine.write(program(2).replace('named("lamp")', force));
    const outcome = await engine.succeed("up");
    expect(ops(outcome, "config")).to.deep.equal(["create"]);
    expect(ops(outcome, "lamp")).to.deep.equal(["update"]);
    const others = outcome.steps.filter(({ name }) => name !== "config" && name !== "lamp");
    expect(new Set(others.map(({ op }) => op))).to.deep.equal(new Set(["same"]));
    expect(at(await server.api.get(lamp), "spec", "watts")).to.equal(80);
  });

  it("destroys all, also what is gone already, and waits until it is", async () => {
    await server.api.remove(object("v1", "Service", "service", namespace));
    await server.api.remove(object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "lamps.test.example.org"));
    await engine.succeed("destroy");
    expect(await live("v1", "Namespace", namespace)).to.equal(undefined);
    expect(await live("storage.k8s.io/v1", "StorageClass", "slow")).to.equal(undefined);
    expect(await live("v1", "PersistentVolume", "volume")).to.equal(undefined);
    const pods = await server.api.list(object("v1", "Pod", "", namespace));
    expect(pods.map(nameOf)).to.deep.equal([]);
  });
});
