/** Discovery in etcd: who is registered, what is offered, who may touch what, and how it heals. */
import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { refusal } from "../refusal";
import { eventually, eventuallyHolds } from "../../support/eventually";
import type { TestCluster } from "../../support/cluster/testcluster";

const agents = "/inaetics/node-agent-service/";

export function discovery(cluster: TestCluster): void {
  const pki = "/etc/inaetics/pki";
  const etcdctl = (...words: readonly string[]) =>
    cluster.onBox(
      "controller",
      "/opt/inaetics/bin/etcdctl",
      `--cacert=${pki}/ca.pem`,
      `--cert=${pki}/etcd-root.pem`,
      `--key=${pki}/etcd-root-key.pem`,
      "--endpoints=https://127.0.0.1:2379",
      ...words,
    );
  const keys = async (prefix: string): Promise<readonly string[]> => {
    const text = await etcdctl("get", "--prefix", "--keys-only", prefix);
    return text.split("\n").filter((line) => line.startsWith(prefix));
  };
  const agentPods = async (): Promise<readonly string[]> => {
    const labels = ["producer", "processor"].flatMap((role) => [`inaetics-${role}-pod`, `inaetics-${role}-celix-pod`]);
    return (await Promise.all(labels.map((label) => cluster.pods(label)))).flat().map(({ metadata }) => metadata.name);
  };
  const allRegistered = (seconds: number) =>
    eventuallyHolds("exactly the agents are registered", seconds, async () => {
      expect(await keys(agents)).to.have.members((await agentPods()).map((pod) => `${agents}${pod}`));
      expect(await keys("/inaetics/node-provisioning-service/")).to.have.length(1);
      expect(await keys("/inaetics/discovery/")).to.have.length.greaterThan(0);
      expect(await keys("/inaetics/wiring/zone1/")).to.have.length.greaterThan(2);
    });

  describe("discovery", () => {
    it("has every agent and provisioning with their addresses, and the queue's endpoints and wires", async () => {
      await allRegistered(20);
      for (const pod of [
        ...(await cluster.pods("inaetics-producer-pod")),
        ...(await cluster.pods("inaetics-processor-pod")),
      ]) {
        const value = await etcdctl("get", "--print-value-only", `${agents}${pod.metadata.name}`);
        expect(value.trim()).to.equal(`${pod.status.podIP}:8080`);
      }
      const [queue] = await cluster.pods("inaetics-queue-pod");
      const name = queue?.metadata.name ?? "";
      const description = await etcdctl("get", "--print-value-only", `/inaetics/discovery/${name}`);
      const { endpoints } = JSON.parse(description) as { readonly endpoints: readonly { readonly id: string }[] };
      expect(endpoints.map(({ id }) => id)).to.have.members(["queue", "store", "statistics"]);
      expect(await etcdctl("get", "--print-value-only", `/inaetics/wiring/zone1/${name}/queue`)).to.contain(
        "inaetics.wiring.nats.url=nats://inaetics-queue.inaetics.svc",
      );
    });

    it("is printed readably", async () => {
      const { stdout } = await cluster.project.succeed(["discovery"]);
      for (const pod of await agentPods()) expect(stdout).to.contain(pod);
      expect(stdout).to.contain("nats://inaetics-queue.inaetics.svc");
    });

    it("drops the key of an agent that died within 15 s, and no other's", async () => {
      const before = await keys(agents);
      const [pod] = await cluster.pods("inaetics-producer-pod");
      const dead = pod?.metadata.name ?? "";
      await cluster.kubectl(["delete", "pod", "-n", "inaetics", dead, "--grace-period=0", "--force"]);
      const killed = performance.now();
      for (;;) {
        const now = await keys(agents);
        for (const other of before.filter((key) => key !== `${agents}${dead}`)) expect(now).to.include(other);
        if (!now.includes(`${agents}${dead}`)) break;
        expect((performance.now() - killed) / 1000, "seconds with the key of a dead agent").to.be.lessThan(17);
        await sleep(1000);
      }
      await allRegistered(30);
    });

    it("lets an agent touch its own part of etcd and no other", async () => {
      const { data } = await cluster.get<{ readonly data: Readonly<Record<string, string>> }>(
        "secret",
        "inaetics-discovery",
      );
      const own = (file: string) =>
        Buffer.from(data[file] ?? "", "base64")
          .toString()
          .trim();
      const asAgent = (...words: readonly string[]) =>
        cluster.onBox(
          "controller",
          "/opt/inaetics/bin/etcdctl",
          `--cacert=${pki}/ca.pem`,
          `--cert=${pki}/etcd-flannel.pem`,
          `--key=${pki}/etcd-flannel-key.pem`,
          "--endpoints=https://127.0.0.1:2379",
          `--user=${own("username")}`,
          `--password=${own("password")}`,
          ...words,
        );
      expect(await asAgent("get", "--prefix", "--keys-only", agents)).to.contain(agents);
      const forbidden = /permission denied/;
      for (const words of [
        ["get", "--prefix", "/registry/"],
        ["put", "/registry/x", "y"],
        ["get", "/coreos.com/network/config"],
        ["put", "/inaeticsx", "y"],
        ["get", "--prefix", "/"],
      ]) {
        expect(await refusal(() => asAgent(...words)), words.join(" ")).to.match(forbidden);
      }
    });

    it("heals after a purge, and after a restart of etcd, with no agent started again", async () => {
      const restarts = await cluster.restarts();
      await cluster.project.succeed(["purge-discovery", "--yes"]);
      await allRegistered(20);
      await cluster.onBox("controller", "systemctl", "restart", "etcd");
      await allRegistered(20);
      expect(await cluster.restarts()).to.deep.equal(restarts);
    });

    it("is whole again 20 s after etcd was away for a minute; agents worked on meanwhile", async () => {
      const restarts = await cluster.restarts();
      await cluster.onBox("controller", "systemctl", "stop", "etcd");
      try {
        await sleep(20_000);
        await cluster.resultsGrow(20, "node-1");
        await sleep(35_000);
        await cluster.resultsGrow(20, "node-1");
      } finally {
        await cluster.onBox("controller", "systemctl", "start", "etcd");
      }
      await eventually("the API server answers", 30, () => cluster.kubectl(["get", "nodes"]));
      await allRegistered(20);
      // A controller manager that took nodes for lost would evict their pods now, and have Services refuse connections.
      for (const address of Object.values(cluster.addresses)) {
        const page = await fetch(`http://${address}:90/`, { signal: AbortSignal.timeout(5000) });
        expect(page.status, address).to.equal(200);
      }
      expect(await cluster.restarts()).to.deep.equal(restarts);
    });
  });
}
