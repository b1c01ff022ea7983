/**
 * A real cluster of one controller and three nodes, driven by `./cluster` alone and observed from outside. It is
 * brought up with interruptions, used, changed, damaged and removed. The parts share it, in this order; after a
 * failure the others still run.
 *
 * It runs beside a user's cluster: stack `test`, 172.30.9.0/24, a copy of the project in `.state/cluster-test`. The
 * cluster is always removed at the end; the next run removes what a killed run left.
 *
 *   INAETICS_TEST_INTERRUPTIONS=all   interrupts the first `up` at all moments instead of two
 *
 * Does not prove: anything about virtual machines or the official provider plugins where Pulumi cannot download them; the figures
 * for five nodes (bench/ does); that the pages work in a browser (the browser layer does).
 */
import { access } from "./parts/access";
import { bringUp } from "./parts/bringUp";
import { change } from "./parts/change";
import { drift } from "./parts/drift";
import { discovery } from "./parts/discovery";
import { faults } from "./parts/faults";
import { keeping } from "./parts/keeping";
import { lossless } from "./parts/lossless";
import { network } from "./parts/network";
import { provisioning } from "./parts/provisioning";
import { refusals } from "./parts/refusals";
import { removal } from "./parts/removal";
import { scaling } from "./parts/scaling";
import { verification } from "./parts/verification";
import { TestCluster } from "../support/cluster/testcluster";

describe("a real cluster", function () {
  // Every wait has its own limit, whose error names what it waited for; this one is the last resort.
  this.timeout(900_000);
  // Every duration of a second or more is shown.
  this.slow(2000);
  const cluster = new TestCluster();

  before(async () => {
    cluster.configure();
    await cluster.project.succeed(["destroy", "--yes"]);
  });
  after(async () => {
    await cluster.project.succeed(["destroy", "--yes"]);
    cluster.project.remove();
  });

  refusals(cluster);
  bringUp(cluster);
  access(cluster);
  network(cluster);
  discovery(cluster);
  provisioning(cluster);
  lossless(cluster);
  change(cluster);
  drift(cluster);
  faults(cluster);
  keeping(cluster);
  verification(cluster);
  scaling(cluster);
  removal(cluster);
});
