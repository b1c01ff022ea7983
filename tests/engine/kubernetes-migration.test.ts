/**
 * A stack of this project's former offline kubernetes plugin works on with today's provider. The plugin (4.32.0) made
 * fixtures/offline-provider.json; values of its API server are replaced by those of the test's API server.
 * Does not prove: the same for kinds that are not in the fixture.
 */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { repeatable } from "../../components/options";
import { ApiServer } from "../support/apiserver";
import type { Outcome } from "./engine";
import { KubernetesEngine } from "./kubernetes";
import { sharedServer } from "../support/server";
import { at, KubeObject, object, text } from "../support/objects";
import { repository } from "../support/repository";

const namespace = "moved";
const saved = path.join(repository, "tests", "engine", "fixtures", "offline-provider.json");

/** The program that the fixture was made with; `setting` was "1". */
const program = (setting: string) => `
  const namespace = new k8s.core.v1.Namespace("namespace", { metadata: { name: "${namespace}" } }, options).metadata.name;
  const named = (name, more = {}) => ({ name, namespace, ...more });
  const labels = { name: "moved-pod" };
  const template = pod(labels, "ok:1");
  new k8s.core.v1.ConfigMap("config", { metadata: named("config"), data: { "app.conf": "${setting}" } }, options);
  new k8s.core.v1.ConfigMap("unnamed", { metadata: { namespace }, data: { key: "value" } }, options);
  new k8s.core.v1.Secret("secret", { metadata: named("secret"), stringData: { key: "an example" } }, options);
  const account = new k8s.core.v1.ServiceAccount("account", { metadata: named("account"), automountServiceAccountToken: false }, options);
  new k8s.core.v1.Service("service", { metadata: named("service"), spec: { type: "NodePort", selector: labels,
    ports: [{ name: "http", port: 80, targetPort: 8080, nodePort: 30080 }] } }, options);
  new k8s.core.v1.ReplicationController("controller", { metadata: named("controller", { labels,
    annotations: { "pulumi.com/skipAwait": "true" } }), spec: { selector: labels, template } }, options);
  const storage = new k8s.storage.v1.StorageClass("storage", { metadata: { name: "moved" },
    provisioner: "kubernetes.io/no-provisioner", volumeBindingMode: "WaitForFirstConsumer" }, options);
  new k8s.core.v1.PersistentVolume("volume", { metadata: { name: "moved" }, spec: { capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce"], storageClassName: storage.metadata.name, hostPath: { path: "/data" } } }, options);
  new k8s.apps.v1.StatefulSet("set", { metadata: named("set"), spec: { serviceName: "set", replicas: 1,
    selector: { matchLabels: { name: "set-pod" } }, template: pod({ name: "set-pod" }, "ok:1"),
    volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"],
      storageClassName: "moved", resources: { requests: { storage: "1Gi" } } } }] } }, options);
  const rules = [{ apiGroups: [""], resources: ["nodes"], verbs: ["get", "list"] }];
  const role = new k8s.rbac.v1.ClusterRole("role", { metadata: { name: "moved" }, rules }, options);
  new k8s.rbac.v1.ClusterRoleBinding("binding", { metadata: { name: "moved" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
    subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }] }, options);
  new k8s.policy.v1.PodDisruptionBudget("budget", { metadata: named("budget"), spec: { maxUnavailable: 1,
    selector: { matchLabels: labels } } }, options);`;

interface Saved {
  readonly type: string;
  readonly inputs?: KubeObject;
  readonly outputs?: KubeObject;
}

describe("kubernetes: a stack of the offline plugin", function () {
  this.timeout(180_000);
  const { resources } = JSON.parse(readFileSync(saved, "utf8")) as { readonly resources: readonly Saved[] };
  const objects = resources.filter(({ type }) => type.startsWith("kubernetes:"));
  let server: ApiServer;
  let engine: KubernetesEngine;

  /** Makes the object as the plugin did, and replaces the former API server's values in the state by this one's. */
  const remake = async (resource: Saved): Promise<Saved> => {
    const { outputs = {} } = resource;
    const live = await server.api.apply(revealed(resource.outputs?.["__inputs"]), text(outputs, "__fieldManager"));
    const given = ["uid", "resourceVersion", "creationTimestamp"].map(
      (key) => [key, at(live, "metadata", key)] as const,
    );
    const metadata = { ...(outputs["metadata"] as KubeObject), ...Object.fromEntries(given) };
    if (resource.type !== "kubernetes:core/v1:Service") return { ...resource, outputs: { ...outputs, metadata } };
    const addresses = ["clusterIP", "clusterIPs"].map((key) => [key, at(live, "spec", key)] as const);
    const spec = { ...(outputs["spec"] as KubeObject), ...Object.fromEntries(addresses) };
    return { ...resource, outputs: { ...outputs, metadata, spec } };
  };
  const changed = ({ steps }: Outcome) =>
    steps.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`);
  const uids = () =>
    Promise.all(objects.map(async ({ outputs = {} }) => text(await server.api.get(outputs), "metadata", "uid")));

  before(async () => {
    ({ server } = await sharedServer());
    engine = new KubernetesEngine(server.kubeconfig, namespace);
    const remade: Saved[] = [];
    for (const resource of resources) {
      if (resource.type === "pulumi:providers:kubernetes") remade.push(connected(resource, server.kubeconfig));
      else remade.push(objects.includes(resource) ? await remake(resource) : resource);
    }
    await engine.load(remade);
    engine.write(program("1"), repeatable);
  });
  after(() => engine.cleanUp());

  it("needs no change, neither in preview nor in up nor after a refresh", async () => {
    const before = await uids();
    const preview = await engine.succeed("preview", ["--expect-no-changes"]);
    expect(preview.changes["same"]).to.be.greaterThan(objects.length);
    expect(changed(await engine.succeed("up"))).to.deep.equal([]);
    await engine.succeed("refresh");
    expect(changed(await engine.succeed("preview"))).to.deep.equal([]);
    expect(await uids()).to.deep.equal(before);
  });

  it("changes in its place what the program changes, without a conflict with what the plugin has set", async () => {
    const before = await uids();
    engine.write(program("2"), repeatable);
    expect(changed(await engine.succeed("up"))).to.deep.equal(["update config"]);
    const config = await server.api.get(object("v1", "ConfigMap", "config", namespace));
    expect(text(config, "data", "app.conf")).to.equal("2");
    expect(await uids()).to.deep.equal(before);
  });

  it("is destroyed, and nothing of it is left", async () => {
    await engine.succeed("destroy");
    const left = await Promise.all(objects.map(({ outputs = {} }) => server.api.find(outputs)));
    expect(left.filter((each) => each !== undefined)).to.deep.equal([]);
  });
});

/** The state of the provider, connected with the test's API server. */
function connected(provider: Saved, kubeconfig: string): Saved {
  const connect = (properties: KubeObject = {}): KubeObject => {
    const secret = { ...(properties["kubeconfig"] as KubeObject), plaintext: JSON.stringify(kubeconfig) };
    return { ...properties, kubeconfig: secret };
  };
  return { ...provider, inputs: connect(provider.inputs), outputs: connect(provider.outputs) };
}

/** Values of an export, with secrets as plain values. */
function revealed(value: unknown): KubeObject {
  const reveal = (_: string, inner: unknown): unknown => {
    const secret = at(inner, "plaintext");
    return typeof secret === "string" ? JSON.parse(secret) : inner;
  };
  return JSON.parse(JSON.stringify(value), reveal) as KubeObject;
}
