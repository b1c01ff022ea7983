/** Drift: what was stopped, changed or deleted by hand is shown by name, and one `up` repairs all of it. */
import { expect } from "chai";
import { eventuallyHolds } from "../../support/eventually";
import { POLICY_KEY } from "@inaetics/model";
import type { TestCluster } from "../../support/cluster/testcluster";

const etcdctl = [
  "env",
  "ETCDCTL_CACERT=/etc/inaetics/pki/ca.pem",
  "ETCDCTL_CERT=/etc/inaetics/pki/etcd-root.pem",
  "ETCDCTL_KEY=/etc/inaetics/pki/etcd-root-key.pem",
  "/opt/inaetics/bin/etcdctl",
];
const networkKey = "/coreos.com/network/config";
const settings = ["configmap", "inaetics-autoscaler", "-n", "inaetics"];

const changed = { [POLICY_KEY]: '{"paused":true}' };

export function drift(cluster: TestCluster): void {
  const [, stopped = "", removed = ""] = cluster.nodes;

  describe("drift", () => {
    it("is shown by name in preview and status", async () => {
      await cluster.kubectl(["delete", "service", "inaetics-viewer-service", "-n", "inaetics"]);
      await cluster.kubectl(["delete", "service", "kube-dns", "-n", "kube-system"]);
      await cluster.kubectl(["patch", ...settings, "--type=merge", "--patch", JSON.stringify({ data: changed })]);
      await cluster.onBox("controller", ...etcdctl, "del", networkKey);
      await cluster.onBox(stopped, "systemctl", "stop", "kube-proxy");
      await cluster.onBox(stopped, "sed", "-i", "1i#", "/etc/inaetics/kubelet.yaml");
      await cluster.docker("rm", "--force", `${cluster.name}-${removed}`);
      const status = await cluster.project.run(["status"]);
      expect(status.code).to.equal(1);
      const preview = await cluster.project.succeed(["preview", "--non-interactive"]);
      for (const { text } of [status, preview]) {
        expect(text).to.include("Service inaetics/inaetics-viewer-service is missing");
        expect(text).to.match(/ConfigMap inaetics\/inaetics-autoscaler: data\.\S+ was changed by kubectl-patch/);
        expect(text).to.include("object services kube-dns is missing");
        expect(text).to.include(`etcd key ${networkKey} is missing`);
        expect(text).to.include(`${stopped}: unit kube-proxy.service is inactive`);
        expect(text).to.include(`${stopped}: file /etc/inaetics/kubelet.yaml differs`);
      }
      expect(status.text).to.include(`box ${cluster.name}-${removed} is missing`);
      expect(preview.text).to.include(`${removed}-machine`);
    });

    it("is repaired by one up, which leaves nothing to change", async () => {
      await cluster.project.succeed(["up"], { timeout: 600 });
      expect(await cluster.kubectl(["get", ...settings, "-o", "jsonpath={.data}"])).not.to.include('{"paused":true}');
      expect(await cluster.onBox("controller", ...etcdctl, "get", networkKey)).to.include("vxlan");
      expect(await cluster.onBox(stopped, "systemctl", "is-active", "kube-proxy")).to.include("active");
      await cluster.resultsGrow(30);
      await cluster.project.succeed(["preview", "--expect-no-changes", "--non-interactive"]);
    });

    it("of a field that another controller took is refused, with field, owner and cure", async () => {
      const taken = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: settings[1], namespace: "inaetics" } };
      const object = JSON.stringify({ ...taken, data: changed });
      const apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=tuner", "--filename=-"];
      await cluster.kubectl(apply, object);
      const { code, text } = await cluster.project.run(["up"]);
      expect(code).not.to.equal(0);
      expect(text).to.match(/ConfigMap inaetics\/inaetics-autoscaler: data\.\S+ .* belongs to "tuner"/);
      expect(text).to.include("PULUMI_K8S_ENABLE_PATCH_FORCE=true");
      await cluster.project.succeed(["up"], { env: { PULUMI_K8S_ENABLE_PATCH_FORCE: "true" } });
      await cluster.project.succeed(["preview", "--expect-no-changes", "--non-interactive"]);
    });

    it("of a kubelet's eviction manager does not occur", async () => {
      // It fails once while kubelet starts, before the node is known. A broken one fails every 10 s.
      const journal = await cluster.onBox(stopped, "journalctl", "--unit=kubelet", "--since=-25s", "--no-pager");
      expect(journal).not.to.match(/eviction manager: failed/i);
    });
  });

  describe("a change of the network's backend", () => {
    const backend = async (name: string) => {
      await cluster.project.succeed(["pulumi", "config", "set", "flannelBackend", name]);
      await cluster.project.succeed(["up"]);
      const leases = await cluster.onBox("controller", ...etcdctl, "get", "--prefix", "/coreos.com/network/subnets/");
      // The lease of a removed box stays for a day.
      const used = [...leases.matchAll(/"PublicIP":"([^"]*)".*"BackendType":"([^"]*)"/g)]
        .filter(([, address = ""]) => Object.values(cluster.addresses).includes(address))
        .map(([, , type]) => type);
      expect(used).to.deep.equal(Object.keys(cluster.addresses).map(() => name));
    };

    it("moves every box, and survives the restart of one", async () => {
      await backend("host-gw");
      expect(await cluster.onBox(stopped, "ip", "route")).not.to.include("flannel.1");
      await cluster.docker("restart", "--time", "10", `${cluster.name}-${stopped}`);
      await eventuallyHolds("the box reaches the others' pods", 60, async () => {
        const peers = cluster.nodes.filter((name) => name !== stopped).map((name) => cluster.addresses[name]);
        const check = `pod-network=${peers.join(",")}`;
        await cluster.onBox(stopped, "/opt/inaetics/vagrant/scripts/wait-for", check, "--timeout", "0");
      });
      await cluster.resultsGrow(60);
    });

    it("goes back in the same way", async () => {
      await backend("vxlan");
      await cluster.resultsGrow(30);
    });
  });
}
