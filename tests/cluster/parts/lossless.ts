/** Pods of the data path are killed under load: every sample that was acknowledged has exactly one result. */
import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { Broker } from "../../support/cluster/broker";
import { expectNothingLost } from "../../support/cluster/lossless";
import { eventually, eventuallyHolds } from "../../support/eventually";
import type { TestCluster } from "../../support/cluster/testcluster";

const servers = ["inaetics-queue-0", "inaetics-queue-1", "inaetics-queue-2"];

export function lossless(cluster: TestCluster): void {
  describe("samples", () => {
    let broker: Broker | undefined;
    const opened = (): Broker => {
      if (broker === undefined) throw new Error("the broker could not be reached");
      return broker;
    };
    before(async () => {
      broker = await Broker.open(cluster, "inaetics-queue-0");
    });
    after(() => broker?.close());

    const kill = (pod: string) =>
      cluster.kubectl(["delete", "pod", "-n", "inaetics", pod, "--grace-period=0", "--force"]);

    it("are all processed, though a processor and a broker are killed while they come", async () => {
      const acknowledged = opened().produce("tester", 1500, 120);
      await sleep(500);
      const [processor] = await cluster.pods("inaetics-processor-pod");
      await kill(processor?.metadata.name ?? "");
      // The loss of the leader is the worst case; this client's own server is spared.
      const leader = await opened().leader();
      await kill(leader === "inaetics-queue-0" || !servers.includes(leader) ? "inaetics-queue-1" : leader);
      const ids = await acknowledged;
      expect(new Set(ids).size).to.equal(1500);
      await cluster.readyPods("inaetics-processor-pod", 1);
      await cluster.readyPods("inaetics-queue-broker-pod", 3);
      const missing = await eventually("all acknowledged samples have a result", 120, async () => {
        const results = new Set(await opened().resultIds());
        const absent = ids.filter((id) => !results.has(id));
        if (absent.length > 0) throw new Error(`${absent.length} have none, for example ${absent[0]}`);
        return absent;
      });
      expect(missing).to.deep.equal([]);
      // A broker's pod that is deleted by force overlaps with its successor for a while: never both at work.
      for (const server of servers)
        expect(await cluster.kubectl(["logs", "-n", "inaetics", server])).not.to.contain("duplicate name");
    });

    it("have exactly one result each when producers stop, and the dashboard counts the same", async () => {
      for (const key of ["producers", "celixProducers"])
        await cluster.project.succeed(["pulumi", "config", "set", key, "0"]);
      await cluster.project.succeed(["up"]);
      await cluster.readyPods("inaetics-producer-pod", 0);
      await cluster.readyPods("inaetics-producer-celix-pod", 0);
      const accepted = await expectNothingLost(cluster, 120);
      await eventuallyHolds("the dashboard has counted to the end", 15, async () => {
        expect(await cluster.stats()).to.include({ accepted, results: accepted });
      });
    });
  });
}
