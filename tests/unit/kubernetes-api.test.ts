/**
 * The kubernetes plugin's way to an API server, against small HTTP servers on loopback; when objects count as ready.
 * Does not prove: TLS, nor the answers of a real API server (tests/engine/kubernetes*.test.ts).
 */
import { expect } from "chai";
import * as http from "node:http";
import * as net from "node:net";
import { ApiClient } from "../../plugins/kubernetes/client";
import { Cluster } from "../../plugins/kubernetes/cluster";
import { customRule } from "../../plugins/kubernetes/await/custom";
import { Readiness, ruleFor } from "../../plugins/kubernetes/await/readiness";
import { ApiError, NoSuchKind, Unreachable } from "../../plugins/kubernetes/errors";
import { connectionFrom } from "../../plugins/kubernetes/kubeconfig";
import { KubeObject } from "../../plugins/kubernetes/objects";

type Answer = { code: number; body?: unknown; warning?: string };

async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("it did not fail");
}

describe("kubernetes plugin: API client", () => {
  const servers: http.Server[] = [];
  const seen: { method: string; url: string; body: string }[] = [];

  /** Answers in turn, the last one for ever. */
  async function serve(...answers: readonly Answer[]): Promise<ApiClient> {
    let turn = 0;
    const server = http.createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        seen.push({ method: request.method ?? "", url: request.url ?? "", body });
        const answer = answers[Math.min(turn++, answers.length - 1)] ?? { code: 500 };
        response.writeHead(answer.code, answer.warning === undefined ? {} : { warning: `299 - "${answer.warning}"` });
        response.end(JSON.stringify(answer.body ?? {}));
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return clientOf((server.address() as net.AddressInfo).port);
  }

  function clientOf(port: number): ApiClient {
    const cluster = { server: `http://127.0.0.1:${port}` };
    const contexts = [{ name: "c", context: { cluster: "k" } }];
    const kubeconfig = JSON.stringify({ "current-context": "c", contexts, clusters: [{ name: "k", cluster }] });
    return new ApiClient(connectionFrom({ kubeconfig }));
  }

  beforeEach(() => (seen.length = 0));
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  it("tells failures by code and reason, hands warnings on, reads conflicts", async () => {
    const causes = [{ reason: "FieldManagerConflict", field: ".spec.replicas", message: 'conflict with "kubectl"' }];
    const body = { reason: "Conflict", message: "Apply failed", details: { causes } };
    const client = await serve({ code: 409, body, warning: "v1 Endpoints is deprecated" });
    const warnings: string[] = [];
    const error = await failure(
      client.request({ method: "PATCH", path: "/x", body: {}, onWarning: (warning) => warnings.push(warning) }),
    );
    expect(error instanceof ApiError && error.conflicts).to.deep.equal([
      { field: ".spec.replicas", message: 'conflict with "kubectl"' },
    ]);
    expect(warnings).to.deep.equal(["v1 Endpoints is deprecated"]);
  });

  it("tries again while the server is overloaded, but not what it refuses", async () => {
    const client = await serve({ code: 503 }, { code: 429 }, { code: 200, body: { kind: "A" } });
    expect(await client.request({ method: "GET", path: "/a" })).to.deep.equal({ kind: "A" });
    expect(seen).to.have.length(3);
    const refusing = await serve({ code: 422, body: { message: "no" } });
    expect((await failure(refusing.request({ method: "GET", path: "/a" }))).message).to.equal("no");
    expect(seen).to.have.length(4);
  });

  it("keeps requests on one connection apart, also after a DELETE with a body", async () => {
    const client = await serve({ code: 200 });
    await client.request({ method: "DELETE", path: "/a", body: { propagationPolicy: "Foreground" } });
    await client.request({ method: "GET", path: "/b", query: { a: "b c" } });
    expect(seen).to.deep.equal([
      { method: "DELETE", url: "/a", body: '{"propagationPolicy":"Foreground"}' },
      { method: "GET", url: "/b?a=b+c", body: "" },
    ]);
  });

  it("says what is wrong when nothing listens, then fails at once for a while", async () => {
    const client = clientOf(1);
    const error = await failure(client.request({ method: "GET", path: "/a" }));
    expect(error).to.be.instanceOf(Unreachable);
    expect(error.message).to.contain("http://127.0.0.1:1").and.to.contain("connection refused");
    const started = performance.now();
    await failure(client.request({ method: "GET", path: "/b" }));
    expect(performance.now() - started).to.be.lessThan(1000);
  });

  it("stops with the signal's reason", async () => {
    const client = clientOf(1);
    const signal = AbortSignal.abort(new Error("cancelled"));
    expect((await failure(client.request({ method: "GET", path: "/a", signal }))).message).to.equal("cancelled");
  });

  it("finds kinds by asking, again when one is new, and says which one is not there", async () => {
    const lamp = { name: "lamps", kind: "Lamp", namespaced: true };
    const status = { name: "lamps/status", kind: "Lamp", namespaced: true };
    const client = await serve({ code: 404 }, { code: 200, body: { resources: [status, lamp] } });
    const { discovery } = new Cluster(client);
    expect((await discovery.find("e.org/v1", "Lamp")).plural).to.equal("lamps");
    expect(await failure(discovery.find("e.org/v1", "Ghost"))).to.be.instanceOf(NoSuchKind);
    expect(seen[0]?.url).to.equal("/apis/e.org/v1");
  });

  it("reads kubeconfigs and says what is wrong with one", () => {
    const clusters = [{ name: "k", cluster: { server: "https://10.0.0.1:6443" } }];
    const make = (more: object) => () => connectionFrom({ kubeconfig: JSON.stringify({ clusters, ...more }) });
    expect(make({})).to.throw(/current-context/);
    expect(make({ "current-context": "c" })).to.throw(/"c" among its contexts; there are: none/);
    const contexts = [{ name: "c", context: { cluster: "k", user: "u", namespace: "n" } }];
    expect(make({ "current-context": "c", contexts })).to.throw(/"u" among its users/);
    const users = (user: object) => ({ "current-context": "c", contexts, users: [{ name: "u", user }] });
    expect(make(users({ exec: {} }))).to.throw(/exec/);
    const connection = make(users({ token: "t" }))();
    expect([connection.namespace, connection.token(), connection.server.port]).to.deep.equal(["n", "t", "6443"]);
    expect(() => connectionFrom({ kubeconfig: "/no/such/file" })).to.throw(/\/no\/such\/file/);
    expect(() => connectionFrom({ kubeconfig: "a: [secret" })).to.throw(/^(?!.*secret).*neither YAML nor JSON/s);
  });
});

describe("kubernetes plugin: readiness", () => {
  const state = async (object: KubeObject, others: readonly KubeObject[] = []): Promise<Readiness["state"]> => {
    const rule = customRule(object) ?? ruleFor(object);
    return rule ? (await rule.check(object, () => Promise.resolve(others))).state : "ready";
  };
  const rc = (replicas: number, available?: number) => ({
    ...{ apiVersion: "v1", kind: "ReplicationController", spec: { replicas } },
    status: available === undefined ? {} : { availableReplicas: available },
  });

  it("of an RC: as many available as wanted; a wanted 0 is never reported", async () => {
    expect(await Promise.all([rc(2, 2), rc(2, 1), rc(1), rc(0)].map((each) => state(each)))).to.deep.equal([
      "ready",
      "waiting",
      "waiting",
      "waiting",
    ]);
  });

  it("of a Deployment: the new generation, all updated, none old, all available", async () => {
    const deployment = (status: object, generation = 2) =>
      state({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { generation },
        spec: { replicas: 2 },
        status: { ...status },
      });
    const done = { observedGeneration: 2, updatedReplicas: 2, replicas: 2, availableReplicas: 2 };
    expect(await deployment(done)).to.equal("ready");
    for (const short of [
      { observedGeneration: 1 },
      { updatedReplicas: 1 },
      { replicas: 3 },
      { availableReplicas: 1 },
    ]) {
      expect(await deployment({ ...done, ...short })).to.equal("waiting");
    }
    const conditions = [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "late" }];
    expect(await deployment({ ...done, conditions })).to.equal("failed");
  });

  it("of a StatefulSet: rolled out and ready; beyond its partition only", async () => {
    const set = (status: object, updateStrategy: object = {}) =>
      state({
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        spec: { replicas: 3, updateStrategy: { ...updateStrategy } },
        status: { ...status },
      });
    const rolled = { replicas: 3, readyReplicas: 3, currentRevision: "b", updateRevision: "b" };
    expect(await set(rolled)).to.equal("ready");
    expect(await set({ ...rolled, readyReplicas: 2 })).to.equal("waiting");
    const rolling = { ...rolled, currentRevision: "a", updatedReplicas: 1 };
    expect(await set(rolling)).to.equal("waiting");
    expect(await set(rolling, { rollingUpdate: { partition: 2 } })).to.equal("ready");
    expect(await set(rolling, { type: "OnDelete" })).to.equal("ready");
  });

  it("of a Service: endpoints known and none unready, but for those that end", async () => {
    const service = (spec: object, endpoints?: object[]) =>
      state({ apiVersion: "v1", kind: "Service", spec: { ...spec } }, endpoints ? [{ endpoints } as KubeObject] : []);
    const spec = { selector: { a: "b" }, clusterIP: "10.0.0.1" };
    expect(await service(spec)).to.equal("waiting");
    expect(await service(spec, [])).to.equal("ready");
    expect(await service(spec, [{ conditions: { ready: false } }])).to.equal("waiting");
    expect(await service(spec, [{ conditions: { ready: false, terminating: true } }])).to.equal("ready");
    for (const other of [
      { ...spec, clusterIP: "None" },
      { clusterIP: "10.0.0.1" },
      { ...spec, type: "ExternalName" },
    ]) {
      expect(await service(other)).to.equal("ready");
    }
    expect(await service({ ...spec, type: "LoadBalancer" }, [])).to.equal("waiting");
  });

  it("as the program names it, with the allowed forms in the error", async () => {
    const named = (waitFor: string) =>
      state({
        kind: "A",
        metadata: { annotations: { "pulumi.com/waitFor": waitFor } },
        status: { n: [{ x: 1 }], phase: "Up" },
      });
    expect(await named("jsonpath={.status.phase}=Up")).to.equal("ready");
    expect(await named("jsonpath={.status.n[0].x}=1")).to.equal("ready");
    expect(await named("jsonpath={.status.gone}")).to.equal("waiting");
    expect(await named('["jsonpath={.status.phase}", "condition=Ready"]')).to.equal("waiting");
    expect((await failure(named("phase=Up"))).message).to.contain("condition=Type=Status");
  });
});
