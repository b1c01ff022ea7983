/** Boxes that stop: the cluster goes on or comes back by itself, and up repairs the rest. */
import { expect } from "chai";
import { eventuallyHolds } from "../../support/eventually";
import { Provisioning } from "../provisioning";
import type { TestCluster } from "../../support/cluster/testcluster";

export function faults(cluster: TestCluster): void {
  describe("faults", () => {
    it("of the controller's box are over within 60 s of its restart, with nothing else done", async () => {
      const { results } = await cluster.stats();
      await cluster.docker("restart", "--time", "10", `${cluster.name}-controller`);
      const restarted = performance.now();
      await eventuallyHolds("results grow after the restart", 60, async () => {
        const now = await cluster.stats();
        if (!((now.results ?? 0) > (results ?? 0))) throw new Error(`${now.results} results, before ${results}`);
      });
      await cluster.resultsGrow(60 - (performance.now() - restarted) / 1000);
      await eventuallyHolds("all nodes are Ready", 60, async () => {
        const nodes = await cluster.kubectl(["get", "nodes", "--no-headers"]);
        expect(nodes.match(/ Ready /g)).to.have.length(cluster.nodes.length);
      });
      await cluster.project.succeed(["pulumi", "preview", "--expect-no-changes", "--non-interactive"]);
    });

    it("of a node's box do not stop the results, nor lose what provisioning on it kept; up brings the box back", async () => {
      const provisioning = await Provisioning.open(cluster);
      const [mapping, events] = [await provisioning.mapping(), await provisioning.audit("after=0")];
      const [pod] = await cluster.pods("ace-provisioning-pod");
      const lost = pod?.spec.nodeName ?? "";
      await cluster.docker("stop", "--time", "10", `${cluster.name}-${lost}`);
      // Detection takes 10 s, toleration 3 s; then the lost pods start elsewhere.
      await cluster.resultsGrow(75);
      await eventuallyHolds("the same mapping", 60, async () =>
        expect(await provisioning.mapping()).to.deep.equal(mapping),
      );
      expect((await provisioning.audit("after=0")).slice(0, events.length)).to.deep.equal(events);
      await cluster.project.succeed(["up"]);
      await eventuallyHolds(`${lost} is Ready`, 60, async () => {
        expect(await cluster.kubectl(["get", "node", lost, "--no-headers"])).to.match(/ Ready /);
      });
      await cluster.readyPods("inaetics-queue-broker-pod", 3);
      await cluster.project.succeed(["pulumi", "preview", "--expect-no-changes", "--non-interactive"]);
    });
  });
}
