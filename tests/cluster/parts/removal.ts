/** Removal of a cluster: nothing of it remains, even when part of it was removed by hand before. */
import { expect } from "chai";
import { Project } from "../../support/cluster/project";
import type { TestCluster } from "../../support/cluster/testcluster";

export function removal(cluster: TestCluster): void {
  describe("destroy", () => {
    const boxes = () =>
      cluster.docker("ps", "--filter", `label=inaetics.cluster=${cluster.name}`, "--format", "{{.ID}}");

    it("refuses words and a missing confirmation, and changes nothing", async () => {
      const before = await boxes();
      for (const args of [
        ["destroy", "foo"],
        ["destroy", "--targets", "x"],
        ["destroy"],
        ["destroy", "--force-boxes"],
      ]) {
        const { code, text } = await cluster.project.run(args);
        expect(code, text).to.equal(1);
      }
      expect(await boxes()).to.equal(before);
    });

    it("and status are refused to a second clone, which names the folder of the first", async () => {
      const before = await boxes();
      const second = new Project(`${cluster.project.folder}-second`, cluster.stack);
      try {
        for (const args of [["status"], ["preview"], ["destroy", "--yes"], ["destroy", "--yes", "--force-boxes"]]) {
          const { code, text } = await second.run(args);
          expect(code, text).to.equal(1);
          expect(text).to.contain(`belong to another checkout: ${cluster.project.folder}`);
        }
      } finally {
        second.remove();
      }
      expect(await boxes()).to.equal(before);
    });

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
