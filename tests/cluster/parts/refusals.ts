/** Errors that are known before anything is made: `up` ends at once, with one message and its cure. */
import { expect } from "chai";
import { readFileSync } from "node:fs";
import type { Finished } from "../../support/cluster/project";
import type { TestCluster } from "../../support/cluster/testcluster";

export function refusals(cluster: TestCluster): void {
  describe("up refuses", () => {
    const refused = async (outcome: Finished, message: RegExp): Promise<void> => {
      expect(outcome.code, outcome.text).to.equal(1);
      expect(outcome.text).to.match(message);
      expect(outcome.text, "no stack trace").not.to.match(/^\s+at .*:\d+:\d+\)?$/m);
      expect(await cluster.leftovers()).to.deep.equal([]);
    };

    it("a docker daemon that does not answer", async () => {
      const env = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
      await refused(
        await cluster.project.run(["up"], { env, timeout: 120 }),
        /docker daemon of DOCKER_HOST=unix:\/\/\/nowhere/,
      );
      const doctor = await cluster.project.run(["doctor"], { env, timeout: 120 });
      expect(doctor.code, doctor.text).to.equal(1);
      expect(doctor.text).to.match(/FAILED +docker/);
    });

    it("a subnet that another docker network has", async () => {
      await cluster.docker("network", "create", "--subnet", cluster.settings.subnet, "test-of-a-clash");
      try {
        await refused(
          await cluster.project.run(["up"], { timeout: 300 }),
          /172\.30\.9\.0\/24.*test-of-a-clash|test-of-a-clash.*172\.30\.9\.0\/24/s,
        );
      } finally {
        await cluster.docker("network", "rm", "test-of-a-clash");
      }
    });

    it("wrong settings", async () => {
      cluster.configure({ nodes: 500, boxProvider: "kvm" });
      const outcome = await cluster.project.run(["up"], { timeout: 300 });
      await refused(outcome, /nodes: got "500"; allowed: a whole number from 1 to 50/);
      expect(outcome.text).to.match(/boxProvider: got "kvm"/);
      cluster.configure();
    });

    it("more nodes than this machine has memory for", async function () {
      // 50 nodes, the allowed maximum, need 28.7 GB.
      const available = Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]);
      if (available > 27_000_000) this.skip();
      cluster.configure({ nodes: 50 });
      const outcome = await cluster.project.run(["up"], { timeout: 300 });
      await refused(outcome, /memory: .* GB available; .* GB needed for a controller and 50 nodes/);
      expect(outcome.text).to.contain("./cluster --stack test pulumi config set nodes <fewer>");
      cluster.configure();
    });
  });
}
