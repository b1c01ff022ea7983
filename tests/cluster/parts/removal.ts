/** Removal of a cluster: nothing of it remains, even when part of it was removed by hand before. */
import { expect } from "chai";
import type { TestCluster } from "../../support/cluster/testcluster";

export function removal(cluster: TestCluster): void {
  describe("destroy", () => {
    it("succeeds though a box was removed by hand", async () => {
      await cluster.docker("rm", "--force", "--volumes", `${cluster.name}-node-2`);
      const { seconds } = await cluster.project.succeed(["destroy", "--yes"]);
      expect(await cluster.leftovers()).to.deep.equal([]);
      // The limit for five nodes is 30 s on an idle machine.
      expect(seconds).to.be.lessThan(60);
    });

    it("succeeds again when nothing exists", async () => {
      await cluster.project.succeed(["destroy", "--yes"]);
      expect(await cluster.leftovers()).to.deep.equal([]);
    });
  });
}
