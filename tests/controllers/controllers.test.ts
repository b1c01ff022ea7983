/**
 * A cluster from one controller to three and back, under load: each controller is killed once, and `up` brings it back.
 *
 * Opt-in (`./cluster test controllers`), because it takes about 15 minutes. Does not prove: the loss of a disk, nor two boxes at
 * once (tests/services/etcd-members.test.ts has the former); a network that is cut without closing connections.
 */
import { expect } from "chai";
import { eventuallyHolds } from "../support/eventually";
import { isReady, type PodStatus, TestCluster } from "../support/cluster/testcluster";

const controllers = ["controller", "controller-2", "controller-3"] as const;

describe("three controllers", function () {
  this.timeout(1_800_000);
  this.slow(2000);
  const cluster = new TestCluster();
  const { project } = cluster;
  const up = () => project.succeed(["up"], { timeout: 1200 });
  /** Names of all pods with the restarts of their containers: a replaced pod has another name. */
  let pods: Readonly<Record<string, number>>;
  const members = async (): Promise<readonly string[]> => {
    const options = ["--cacert=/etc/inaetics/pki/ca.pem", "--cert=/etc/inaetics/pki/etcd-root.pem"];
    const key = "--key=/etc/inaetics/pki/etcd-root-key.pem";
    const text = await cluster.onBox("controller", "/opt/inaetics/bin/etcdctl", ...options, key, "member", "list");
    return text
      .trim()
      .split("\n")
      .map((line) => [2, 5].map((field) => line.split(", ")[field]).join(" "))
      .sort();
  };
  const write = (value: string) =>
    project.succeed(["kubectl", "annotate", "namespace", "inaetics", `probe=${value}`, "--overwrite"], { timeout: 10 });

  before(async () => {
    cluster.configure({ celixProducers: 0, controllers: 1 });
    await project.succeed(["destroy", "--yes"]);
    await up();
    await cluster.resultsGrow(30);
    pods = await cluster.restarts();
  });
  after(async () => {
    await project.succeed(["destroy", "--yes"]);
    project.remove();
  });

  it("are made of one in place, without a change of any pod", async () => {
    cluster.configure({ celixProducers: 0, controllers: 3 });
    await up();
    expect(await members()).to.deep.equal(controllers.map((name) => `${name} false`));
    expect(await cluster.restarts()).to.deep.equal(pods);
    await cluster.resultsGrow(20, "node-1");
  });

  for (const lost of controllers) {
    it(`serve within 10 s after ${lost} was killed, with all pods, and up brings it back`, async () => {
      await cluster.docker("kill", `${cluster.name}-${lost}`);
      await eventuallyHolds("a write", 10, () => write(`without-${lost}`));
      await cluster.resultsGrow(20, "node-1");
      const { items } = JSON.parse(
        (await project.succeed(["kubectl", "get", "pods", "--namespace=inaetics", "--output=json"])).stdout,
      ) as { readonly items: readonly PodStatus[] };
      expect(items.filter(isReady).map(({ metadata }) => metadata.name)).to.have.members(Object.keys(pods));
      await up();
      expect(await members()).to.deep.equal(controllers.map((name) => `${name} false`));
      expect(await cluster.restarts()).to.deep.equal(pods);
    });
  }

  it("become one in place, without a change of any pod", async () => {
    cluster.configure({ celixProducers: 0, controllers: 1 });
    await up();
    expect(await members()).to.deep.equal(["controller false"]);
    expect(await cluster.docker("ps", "--all", "--quiet", "--filter", `name=${cluster.name}-controller-`)).to.equal("");
    expect(await cluster.restarts()).to.deep.equal(pods);
    await cluster.resultsGrow(20);
  });
});
