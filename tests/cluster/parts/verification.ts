/**
 * Faults by command: one is injected, seen and healed; then half a minute of random faults under load loses nothing.
 * Does not prove: long runs, nor faults that a container cannot have (docs/reliability.md reports longer runs).
 */
import { expect } from "chai";
import { eventuallyHolds } from "../../support/eventually";
import type { TestCluster } from "../../support/cluster/testcluster";

export function verification(cluster: TestCluster): void {
  describe("verification", () => {
    const rules = (box: string) => cluster.onBox(box, "iptables", "-w", "-t", "raw", "-S");

    it("injects a fault that status shows, and heals it on the box", async () => {
      const { stdout } = await cluster.project.succeed(["fault", "inject", "partition", "--target", "node-1>node-2"]);
      expect(stdout).to.match(/partition of node-1>node-2 is injected\. It ends by itself in 30 s/);
      expect(await rules("node-2")).to.match(/-N INAETICS-/);
      expect((await cluster.project.run(["status"])).stdout).to.match(/partition of node-1>node-2, \d+ s left/);
      await cluster.project.succeed(["fault", "heal"]);
      expect(await rules("node-2")).not.to.match(/INAETICS-/);
      const refused = await cluster.project.run(["fault", "inject", "full-disk", "--target", "node-1"]);
      expect(refused.code).to.equal(1);
      expect(refused.text).to.match(/share this machine's disk/);
    });

    it("ends a fault on the box by itself", async () => {
      await cluster.project.succeed(["fault", "inject", "partition", "--target", "node-1>node-2", "--for", "3s"]);
      await eventuallyHolds("the box has no rule", 30, async () => {
        expect(await rules("node-2")).not.to.match(/INAETICS-/);
      });
    });

    it("loses no acknowledged sample while pods are killed under load", async () => {
      const order = ["verify", "--for", "30s", "--seed", "1", "--rate", "100", "--faults", "pod-kill", "--json"];
      const { stdout, text } = await cluster.project.run(order, { timeout: 300 });
      const { verdict, recoveries } = JSON.parse(stdout) as {
        readonly verdict: Readonly<Record<string, number | readonly string[]>>;
        readonly recoveries: readonly { readonly wholeAt: number | null }[];
      };
      expect(verdict["acknowledged"], text).to.be.above(500);
      // A busy machine may exceed a limit of recovery; no sample may be lost all the same.
      expect(verdict).to.deep.include({ missing: [], stuck: [], duplicates: [], phantoms: [] });
      expect(recoveries.map(({ wholeAt }) => wholeAt)).not.to.include(null);
    });

    it("gives the producers their load back, also after a verification that was killed while it drained the queue", async () => {
      const before = (await cluster.stats()).ratePercent;
      const running = cluster.project.start(["verify", "--for", "2s", "--rate", "50"]);
      await eventuallyHolds("the load is paused", 90, async () => {
        expect((await cluster.stats()).ratePercent).to.equal(0);
      });
      running.crash();
      await running.finished;
      expect((await cluster.project.run(["status"])).stdout).to.contain("producers paused by verify");
      await cluster.project.succeed(["fault", "heal"]);
      await eventuallyHolds("the load is back", 30, async () => {
        expect((await cluster.stats()).ratePercent).to.equal(before);
      });
    });
  });
}
