/** Access to registry, etcd and API server: granted or refused. */
import { expect } from "chai";
import * as http from "node:http";
import * as https from "node:https";
import { parse } from "yaml";
import { refusal } from "../refusal";
import type { TestCluster } from "../../support/cluster/testcluster";

interface Repositories {
  readonly repositories: readonly string[];
}

export function access(cluster: TestCluster): void {
  describe("the registry", () => {
    let login: Awaited<ReturnType<TestCluster["credentials"]>>;
    before(async () => {
      login = await cluster.credentials();
    });
    const ask = (path: string, user?: string, password?: string) =>
      httpsGet(`https://${cluster.registry}${path}`, {
        ca: login.authority,
        auth: user === undefined ? undefined : `${user}:${password ?? ""}`,
      });

    it("requires the right password", async () => {
      expect((await ask("/v2/")).status).to.equal(401);
      expect((await ask("/v2/", login.user, `${login.password}x`)).status).to.equal(401);
      expect((await ask("/v2/", "nobody", login.password)).status).to.equal(401);
      expect((await ask("/v2/", login.user, login.password)).status).to.equal(200);
    });

    it("has a certificate of the cluster's authority only", async () => {
      const url = `https://${cluster.registry}/v2/`;
      expect(await refusal(() => httpsGet(url, {}))).to.match(/certificate|UNABLE_TO_VERIFY/i);
    });

    it("refuses plain HTTP", async () => {
      const answer = await httpGet(`http://${cluster.registry}/v2/`, `${login.user}:${login.password}`);
      expect(answer).to.equal(400);
    });

    it("holds the demonstrator's images, and its address is an output", async () => {
      const { body } = await ask("/v2/_catalog", login.user, login.password);
      const { repositories } = JSON.parse(body) as Repositories;
      const images = ["broker", "felix-agent", "celix-agent", "queue-agent", "datastore-viewer", "node-provisioning"];
      expect(repositories).to.include.members(images.map((name) => `inaetics/${name}`));
      const args = ["get", "configmap", "local-registry-hosting", "-n", "kube-public", "-o", "json"];
      const { data } = JSON.parse(await cluster.kubectl(args)) as { data: Record<string, string> };
      expect(parse(data["localRegistryHosting.v1"] ?? "")).to.include({ host: cluster.registry });
    });
  });

  describe("etcd", () => {
    const endpoint = `${cluster.addresses["controller"]}:2379`;
    const etcdctl = (identity: string, ...words: readonly string[]) => {
      const pki = "/etc/inaetics/pki";
      const files = [`--cacert=${pki}/ca.pem`, `--cert=${pki}/${identity}.pem`, `--key=${pki}/${identity}-key.pem`];
      const options = [`--endpoints=https://${endpoint}`, ...files, "--command-timeout=10s"];
      return cluster.onBox("controller", "/opt/inaetics/bin/etcdctl", ...options, ...words);
    };

    it("refuses clients without a certificate", async () => {
      const { authority } = await cluster.credentials();
      const attempt = () => httpsGet(`https://${endpoint}/version`, { ca: authority });
      expect(await refusal(attempt)).to.match(/certificate.required|handshake|alert|ECONNRESET|bad certificate/i);
      expect(await refusal(() => httpGet(`http://${endpoint}/version`))).to.match(/ECONNRESET|hang up|HPE_/);
    });

    it("holds Flannel's network as configured, and a subnet for every box", async () => {
      const value = await etcdctl("etcd-flannel", "get", "--print-value-only", "/coreos.com/network/config");
      expect(JSON.parse(value)).to.deep.equal({
        Network: cluster.settings.podNetwork,
        SubnetLen: 24,
        Backend: { Type: "vxlan" },
      });
      const leases = await etcdctl("etcd-flannel", "get", "--prefix", "--keys-only", "/coreos.com/network/subnets/");
      expect(leases.match(/subnets\/10\.11\.\d+\.0-24/g)).to.have.length(Object.keys(cluster.addresses).length);
    });

    it("shows each user its own part only", async () => {
      const forbidden = /permission denied/;
      expect(await refusal(() => etcdctl("etcd-flannel", "get", "--prefix", "/registry/"))).to.match(forbidden);
      expect(await refusal(() => etcdctl("etcd-flannel", "put", "/inaetics/x", "y"))).to.match(forbidden);
      const other = () => etcdctl("etcd-apiserver", "get", "/coreos.com/network/config");
      expect(await refusal(other)).to.match(forbidden);
      expect(await etcdctl("etcd-apiserver", "get", "--prefix", "--keys-only", "--limit=1", "/registry/")).to.match(
        /^\/registry/,
      );
    });
  });

  describe("the API server", () => {
    it("refuses clients without a certificate", async () => {
      const { authority } = await cluster.credentials();
      const url = `https://${cluster.addresses["controller"]}:6443/api/v1/nodes`;
      expect((await httpsGet(url, { ca: authority })).status).to.be.oneOf([401, 403]);
    });
  });
}

function httpsGet(
  url: string,
  options: https.RequestOptions,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const request = https.get(url, { ...options, timeout: 10_000, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on("timeout", () => request.destroy(new Error(`${url}: no answer in 10 s`)));
    request.on("error", reject);
  });
}

function httpGet(url: string, auth?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { auth, timeout: 10_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on("timeout", () => request.destroy(new Error(`${url}: no answer in 10 s`)));
    request.on("error", reject);
  });
}
