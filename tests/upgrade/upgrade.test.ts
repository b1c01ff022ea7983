/**
 * Upgrades a cluster of the previous release to this one while 50 samples a second flow, with interruptions.
 *
 * Opt-in (`./cluster test upgrade`): it builds the older Kubernetes as well, which takes minutes the first time.
 * Does not prove: that a cluster made by the older release's own code can be moved; only versions differ here.
 */
import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { expectNothingLost } from "../support/cluster/lossless";
import { eventuallyHolds } from "../support/eventually";
import { TestCluster } from "../support/cluster/testcluster";
import { goBack, goForward, lockedVersion, steps } from "./before";
import { type Seen, watch } from "./watch";

interface NodeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
    readonly spec: { readonly unschedulable?: boolean };
    readonly status: { readonly nodeInfo: { readonly kubeletVersion: string } };
  }[];
}

describe("an upgrade", function () {
  this.timeout(1_800_000);
  this.slow(2000);
  const cluster = new TestCluster();
  const { project } = cluster;
  const nodes = async () => (JSON.parse(await cluster.kubectl(["get", "nodes", "-o", "json"])) as NodeList).items;
  const kubelets = async () => new Set((await nodes()).map(({ status }) => status.nodeInfo.kubeletVersion));
  const etcdVersion = async () => {
    const text = await cluster.onBox("controller", "/opt/inaetics/bin/etcd", "--version");
    return /etcd Version: (\S+)/.exec(text)?.[1];
  };
  const brokerVersion = async () => {
    const command = ["exec", "-n", "inaetics", "inaetics-queue-0", "--", "nats-server", "--version"];
    return /: v(\S+)/.exec(await cluster.kubectl(command))?.[1];
  };
  const versionOf = (tool: string) => lockedVersion(project, tool);

  before(async () => {
    cluster.configure({ celixProducers: 0 });
    await project.succeed(["destroy", "--yes"]);
    goBack(project);
  });
  after(async () => {
    await project.succeed(["destroy", "--yes"]);
    project.remove();
  });

  it("begins with a cluster of the release before", async () => {
    await project.succeed(["up"], { timeout: 1700 });
    await cluster.resultsGrow(20);
    expect([...(await kubelets())]).to.deep.equal(["v1.36.3"]);
    expect(await etcdVersion()).to.equal("3.6.15");
    expect(await brokerVersion()).to.equal("2.14.9");
  });

  it("is announced by preview, with versions and order", async () => {
    goForward(project);
    await project.succeed(["prepare"], { timeout: 1700 });
    const { text } = await project.succeed(["pulumi", "preview", "--non-interactive"]);
    const changes = steps.map(({ tool, before }) => `${tool} ${before} => ${versionOf(tool)}`);
    for (const change of changes) expect(text).to.contain(change);
    expect(text).to.match(/one at a time: controller \(after a snapshot of etcd\), node-1, node-2, node-3, broker/);
    expect(text).not.to.match(/\breplace\b|\bto delete\b/);
  });

  describe("under load", () => {
    let seen: Seen | undefined;

    before(async () => {
      const watching = watch(cluster);
      try {
        const broken = project.start(["up"], { timeout: 900 });
        await eventuallyHolds("the second node is emptied", 600, async () => {
          const { metadata } = (await nodes()).find(({ metadata: { name } }) => name === "node-2") ?? {
            metadata: undefined,
          };
          if (metadata?.annotations?.["inaetics.org/upgrading"] === undefined) throw new Error("it is not");
        });
        await sleep(1000);
        broken.crash();
        await broken.finished;
        await project.succeed(["up"], { timeout: 900 });
        await sleep(2000);
      } finally {
        seen = await watching.stop();
        console.log(`      ${JSON.stringify(seen)}`);
      }
    });

    it("ends with every part in its new version, though it was interrupted", async () => {
      expect([...(await kubelets())]).to.deep.equal([`v${versionOf("kubernetes")}`]);
      expect(await etcdVersion()).to.equal(versionOf("etcd"));
      expect(await brokerVersion()).to.equal(versionOf("nats-server"));
      expect(JSON.parse(await cluster.kubectl(["version", "-o", "json"]))).to.have.nested.property(
        "serverVersion.gitVersion",
        `v${versionOf("kubernetes")}`,
      );
    });

    it("leaves no node marked or without pods", async () => {
      for (const { metadata, spec } of await nodes()) {
        expect(metadata.annotations ?? {}, metadata.name).not.to.have.property("inaetics.org/upgrading");
        expect(spec.unschedulable ?? false, metadata.name).to.equal(false);
      }
    });

    it("saved etcd's data first", async () => {
      const files = await cluster.onBox("controller", "ls", "/var/lib/inaetics/snapshots");
      expect(files).to.match(/etcd-\d{8}T\d{6}Z-3\.6\.15\.db/);
    });

    it("shows each node on the dashboard while it is upgraded", () =>
      expect(seen?.upgrading).to.deep.equal(cluster.nodes));

    it("keeps results coming: no gap over 20 s", () => expect(seen?.longestGap).to.be.lessThan(20));

    it("keeps the dashboard answering: nothing else for at most 10 s", () =>
      expect(seen?.longestOutage, seen?.reason).to.be.at.most(10));

    it("loses nothing: each accepted sample has one result", async () => {
      await project.succeed(["pulumi", "config", "set", "producers", "0"]);
      await project.succeed(["up"]);
      await expectNothingLost(cluster, 60);
    });

    it("leaves nothing to change", async () => {
      await project.succeed(["pulumi", "preview", "--expect-no-changes", "--non-interactive"]);
    });

    it("cannot be reversed, and is refused before anything is changed", async () => {
      const kubernetes = versionOf("kubernetes");
      goBack(project);
      const { code, text } = await project.run(["up"], { timeout: 600 });
      expect(code, text).not.to.equal(0);
      expect(text).to.match(/kubernetes: got 1\.37\.\d+ => 1\.36\.3, a downgrade/);
      expect(text).to.contain("nothing was changed");
      expect([...(await kubelets())]).to.deep.equal([`v${kubernetes}`]);
    });
  });
});
