/**
 * The program's autoscaler in the real engine: the policy's advice for a queue's figures, read through a real API
 * server, shown in preview, applied by `up`, and found by `refresh`. The queue agent and the dashboard are simulated.
 * Does not prove: that the coordinator scales by the same policy (coordinator.test.ts), nor real figures (the cluster layer).
 */
import { expect } from "chai";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { ApiServer } from "../support/apiserver";
import { KubernetesEngine } from "./kubernetes";
import { makeNamespace, sharedServer } from "../support/server";
import { at, object, text } from "../support/objects";
import { eventually } from "../support/eventually";

const components = path.resolve(__dirname, "..", "..", "components");
const namespace = "autoscaler";
const kinds = { felix: "inaetics-processor-controller", celix: "inaetics-processor-celix-controller" } as const;
const resource = "scaling-processors";

/** Simulated queue agent, with the dashboard's statistics. */
class Played {
  depth = 0;
  putRate = 0;
  takeRate = 0;
  answers: "figures" | "garbage" | "nothing" = "figures";
  mode: object = { mode: "auto" };
  private readonly server = http.createServer((request, response) => {
    if (this.answers === "nothing") return response.destroy();
    const queue = { at: Date.now(), capacity: 10_000, depth: this.depth, utilisation: this.depth / 100, slope: null };
    const figures = { ...queue, putRate: this.putRate, takeRate: this.takeRate, rejected: 0, oldestMs: 0 };
    const body = request.url === "/queue" ? figures : { mode: this.mode };
    response.setHeader("content-type", "application/json");
    return response.end(this.answers === "garbage" ? "{" : JSON.stringify(body));
  });

  /** Listens on an address that the API server may forward to: it refuses loopback. */
  async start(): Promise<{ readonly ip: string; readonly port: number }> {
    const ip = Object.values(os.networkInterfaces())
      .flat()
      .find((each) => each?.family === "IPv4" && !each.internal)?.address;
    if (ip === undefined) throw new Error("this machine has no address but loopback");
    this.server.listen(0, ip);
    await once(this.server, "listening");
    return { ip, port: (this.server.address() as AddressInfo).port };
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

describe("the autoscaler in the engine", function () {
  this.timeout(300_000);
  const played = new Played();
  let server: ApiServer;
  let engine: KubernetesEngine;

  before(async () => {
    ({ server } = await sharedServer());
    await makeNamespace(server, namespace);
    const { ip, port } = await played.start();
    for (const [name, replicas] of [
      [kinds.felix, 1],
      [kinds.celix, 0],
    ] as const) {
      const labels = { name };
      const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "ok" }] } };
      await create("replicationcontrollers", {
        apiVersion: "v1",
        kind: "ReplicationController",
        metadata: { name },
        spec: { replicas, selector: labels, template },
      });
    }
    await create("services", {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "inaetics-viewer-service" },
      spec: { ports: [{ name: "http", port: 80, targetPort: port }] },
    });
    await standIn(ip);
    const targetRef = { kind: "Pod", name: "played", namespace };
    for (const name of ["inaetics-queue-agent", "inaetics-viewer-service"]) {
      const subsets = [{ addresses: [{ ip, targetRef }], ports: [{ name: "http", port }] }];
      await create("endpoints", { apiVersion: "v1", kind: "Endpoints", metadata: { name }, subsets });
    }
    engine = new KubernetesEngine(server.kubeconfig, namespace, ["pulumi-nodejs"]);
  });
  after(async () => {
    played.stop();
    await engine.cleanUp();
  });

  /** Makes a pod that claims this address, because the API server forwards to addresses of pods only. */
  const standIn = async (ip: string) => {
    const containers = [{ name: "main", image: "ok" }];
    await create("pods", { apiVersion: "v1", kind: "Pod", metadata: { name: "played" }, spec: { containers } });
    const played = object("v1", "Pod", "played", namespace);
    await eventually("a running pod", 20, async () => text(await server.api.get(played), "status", "podIP") !== "");
    await server.api.request({
      method: "PATCH",
      path: `/api/v1/namespaces/${namespace}/pods/played/status`,
      body: { status: { podIP: ip, podIPs: [{ ip }] } },
      contentType: "application/merge-patch+json",
    });
  };
  const create = (what: string, body: object) =>
    server.api.request({ method: "POST", path: `/api/v1/namespaces/${namespace}/${what}`, body });
  const program = (policy: object = {}) =>
    engine.write(
      `
      const { Autoscaling } = require("${components}/autoscaling/Autoscaling");
      const { defaultPolicy } = require("${components}/../packages/autoscaling");
      const scaling = new Autoscaling("scaling", { kubeconfig: pulumi.output(kubeconfig), namespace: pulumi.output("${namespace}"),
        policy: { ...defaultPolicy, ...${JSON.stringify(policy)} }, queueLabels: undefined, started: [] }, { providers: [provider] });
      exports.processors = scaling.processors;`,
      { enableConfigMapMutable: true },
    );
  const requested = async (kind: keyof typeof kinds): Promise<number> =>
    Number(
      at(await server.api.get(object("v1", "ReplicationController", kinds[kind], namespace)), "spec", "replicas") ?? 0,
    );
  const both = async () => [await requested("felix"), await requested("celix")];
  const scaleLive = async (kind: keyof typeof kinds, replicas: number) => {
    const where = `/api/v1/namespaces/${namespace}/replicationcontrollers/${kinds[kind]}`;
    const contentType = "application/merge-patch+json";
    await server.api.request({ method: "PATCH", path: `${where}/scale`, body: { spec: { replicas } }, contentType });
    await eventually(`${replicas} ready`, 20, async () => {
      const found = await server.api.get(object("v1", "ReplicationController", kinds[kind], namespace));
      return Number(at(found, "status", "readyReplicas") ?? 0) === replicas;
    });
  };
  const unchanged = () => engine.succeed("preview", ["--expect-no-changes"]);
  const load = (depth: number, putRate: number, takeRate: number) =>
    Object.assign(played, { depth, putRate, takeRate });

  it("creates the coordinator's policy, and keeps the processors of a quiet queue", async () => {
    program();
    await engine.succeed("up");
    expect(await both()).to.deep.equal([1, 0]);
    const policy = await server.api.get(object("v1", "ConfigMap", "inaetics-autoscaler", namespace));
    expect(JSON.parse(text(policy, "data", "policy.json"))).to.include({ policy: "drain", min: 1, max: 8 });
    expect((await engine.outputs())["processors"]).to.include({ felix: 1, celix: 0 });
    await unchanged();
  });

  it("shows the recommendation for a load in preview, with the reason, and changes nothing", async () => {
    load(3000, 900, 300);
    const { steps, text: shown } = await engine.succeed("preview", ["--diff"]);
    expect(steps.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`)).to.deep.equal([
      `update ${resource}`,
    ]);
    expect(shown).to.match(/processors *: 1 => [2-8]/);
    expect(shown).to.match(/reason *: ".*" => "1 => [2-8]: .*\d/);
    expect(await both()).to.deep.equal([1, 0]);
  });

  it("applies it in up, both kinds alternating; then preview shows no change while the load stays", async () => {
    await engine.succeed("up");
    const [felix = 0, celix = 0] = await both();
    expect(felix + celix).to.be.greaterThan(1);
    expect(felix - celix).to.be.oneOf([0, 1]);
    expect((await engine.outputs())["processors"]).to.include({ felix, celix });
    await scaleLive("felix", felix);
    await scaleLive("celix", celix);
    load(3000, 900, 290 * (felix + celix));
    await unchanged();
  });

  it("keeps the coordinator's later numbers; refresh finds them", async () => {
    await scaleLive("felix", 4);
    await scaleLive("celix", 4);
    load(0, 0, 0);
    await unchanged();
    await engine.succeed("refresh");
    expect(engine.resource(resource)?.outputs).to.include({ processors: 8, felix: 4, celix: 4 });
    await unchanged();
    expect(await both()).to.deep.equal([4, 4]);
  });

  it("changes nothing without figures, or while processors are set by hand", async () => {
    await scaleLive("felix", 1);
    await scaleLive("celix", 0);
    load(9000, 2000, 300);
    for (const answers of ["nothing", "garbage"] as const) {
      played.answers = answers;
      await unchanged();
    }
    played.answers = "figures";
    played.mode = { mode: "manual", felix: 1, celix: 0 };
    await unchanged();
    played.mode = { mode: "auto" };
    expect((await engine.succeed("preview")).changes["update"]).to.equal(1);
  });

  it("shows a new policy in preview, and hands it over in up", async () => {
    load(0, 0, 0);
    program({ policy: "slope" });
    const { steps } = await engine.succeed("preview");
    expect(steps.filter(({ op }) => op !== "same").map(({ op, name }) => `${op} ${name}`)).to.deep.equal([
      "update scaling-policy",
    ]);
    await engine.succeed("up");
    const policy = await server.api.get(object("v1", "ConfigMap", "inaetics-autoscaler", namespace));
    expect(JSON.parse(text(policy, "data", "policy.json"))).to.include({ policy: "slope" });
  });

  it("keeps the kubeconfig secret, and destroy leaves the processors", async () => {
    const [, key = ""] = /client-key-data"?: *"?([A-Za-z0-9+/=]{40,})/.exec(server.kubeconfig) ?? [];
    expect(key).to.have.length.greaterThan(40);
    expect(engine.stateText()).not.to.contain(key);
    await engine.succeed("destroy");
    expect(await both()).to.deep.equal([1, 0]);
  });
});
