/** A backup of the living cluster, its stop and its start: nothing is lost, and no command does harm meanwhile. */
import { expect } from "chai";
import * as fs from "node:fs";
import { openBackup } from "../../../cli/restore/read";
import { entryNames } from "../../../cli/backup/format";
import { Broker } from "../../support/cluster/broker";
import { eventuallyHolds } from "../../support/eventually";
import type { TestCluster } from "../../support/cluster/testcluster";

export function keeping(cluster: TestCluster): void {
  describe("what is kept", () => {
    const file = (): string => cluster.project.file("one.age");
    // Keeps the record of backups out of this user's own folder.
    const elsewhere = { env: { INAETICS_BACKUPS: cluster.project.file(".state", "backups") } };

    it("is in a backup: every result before it, the software and the logins; no file is replaced", async () => {
      const broker = await Broker.open(cluster, "inaetics-queue-0");
      const before = new Set(await broker.resultIds()).size;
      await broker.close();
      await cluster.project.succeed(["backup", file()], elsewhere);
      const passphrase = fs.readFileSync(cluster.project.file(".state", "passphrase"), "utf8").trim();
      const { manifest, text } = await openBackup(file(), passphrase);
      expect(manifest).to.include({ stack: cluster.stack, nodes: cluster.nodes.length });
      expect(manifest.counts.results).to.be.at.least(before);
      expect(manifest.counts.bundles).to.be.at.least(1);
      const { dashboardPassword } = await cluster.dashboardLogin();
      expect(text(entryNames.state)).to.contain(dashboardPassword);
      const again = await cluster.project.run(["backup", file()], elsewhere);
      expect(again.code).to.equal(1);
      expect(again.text).to.contain("exists already");
    });

    it("is not replaced by a restore onto the running cluster", async () => {
      const refused = await cluster.project.run(["restore", file()]);
      expect(refused.code).to.equal(1);
      expect(refused.text).to.contain("has a cluster");
    });

    it("is kept by stop, during which every command names start, and start ends when samples flow", async () => {
      const { results } = await cluster.stats();
      await cluster.project.succeed(["stop"]);
      await cluster.project.succeed(["stop"]);
      const status = await cluster.project.run(["status"]);
      expect(status.code, status.text).to.equal(1);
      expect(status.text).to.contain(`Stack ${cluster.stack} is stopped since`).and.not.contain("Problems");
      const kubectl = await cluster.project.run(["kubectl", "get", "nodes"]);
      expect(kubectl.code).to.equal(1);
      expect(kubectl.text).to.contain(`./cluster --stack ${cluster.stack} start`);
      const running = await cluster.docker("inspect", "--format", "{{.State.Running}}", `${cluster.name}-controller`);
      expect(running).to.equal("false");
      await cluster.project.succeed(["pulumi", "preview", "--expect-no-changes", "--non-interactive"]);
      await cluster.project.succeed(["start"]);
      await eventuallyHolds("results are as many as before", 30, async () => {
        expect((await cluster.stats()).results).to.be.at.least(results ?? NaN);
      });
      await cluster.project.succeed(["status"]);
    });

    it("is kept by a box that start must make again, because Vagrant lost its record", async () => {
      const record = ["run", cluster.stack, "vagrant", "machines", "node-1", "docker", "id"];
      await cluster.project.succeed(["stop"]);
      fs.writeFileSync(cluster.project.file(".state", ...record), "unknown");
      const { text } = await cluster.project.succeed(["start"]);
      expect(text).to.contain("the containers of node-1 are gone or new");
      await cluster.project.succeed(["status"]);
      await cluster.project.succeed(["pulumi", "preview", "--expect-no-changes", "--non-interactive"]);
    });
  });
}
