/**
 * Commands that are killed at random moments, with all their processes: the next `up` mends the cluster, and no sample is
 * lost. Each round makes a change, kills it, and lets `up` go on.
 *
 * Opt-in (`./cluster test interruptions`), because 20 rounds take about an hour. Other moments: INAETICS_TEST_SEED (1),
 * fewer rounds: INAETICS_TEST_ROUNDS (20). Does not prove: a crash of docker or of the machine; an interrupted upgrade of
 * versions (the layer `upgrade` has it).
 */
import { expect } from "chai";
import * as fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "@inaetics/base";
import { expectNothingLost } from "../support/cluster/lossless";
import { eventuallyHolds } from "../support/eventually";
import { TestCluster } from "../support/cluster/testcluster";

/** A change that is interrupted. */
interface Change {
  readonly name: string;
  /** Settings that differ from the cluster's first ones, from now on. */
  readonly settings: Readonly<Record<string, number>>;
  /** Longest time until it is killed, in seconds: about what the change takes on an idle machine. */
  readonly within: number;
  readonly command: readonly string[];
  /** Done before the command. */
  readonly prepare?: (cluster: TestCluster) => Promise<unknown>;
}

const usual = { nodes: 3, controllers: 1, queueReplicas: 3 };

const changes: readonly Change[] = [
  { name: "a fourth node", settings: { nodes: 4 }, within: 40, command: ["up"] },
  { name: "the removal of a node", settings: {}, within: 40, command: ["up"] },
  { name: "three controllers", settings: { controllers: 3 }, within: 60, command: ["up"] },
  { name: "one controller again", settings: {}, within: 30, command: ["up"] },
  { name: "a backup", settings: {}, within: 5, command: ["backup", "interrupted.age"] },
  {
    name: "the repair of a removed box",
    settings: {},
    within: 40,
    command: ["up"],
    prepare: (cluster) => cluster.docker("rm", "--force", `${cluster.name}-node-2`),
  },
  { name: "a stop", settings: {}, within: 6, command: ["stop"] },
];

/** Reads a whole number from the environment. */
function numberOf(name: string, fallback: number): number {
  const text = process.env[name] ?? String(fallback);
  if (!/^\d+$/.test(text)) throw new Error(`${name}: got "${text}"; allowed: a whole number`);
  return Number(text);
}

describe("killed commands", function () {
  this.timeout(1_800_000);
  this.slow(2000);
  const seed = numberOf("INAETICS_TEST_SEED", 1);
  const rounds = numberOf("INAETICS_TEST_ROUNDS", 20);
  const random = seededRandom(seed);
  const cluster = new TestCluster();
  const { project } = cluster;
  const up = () => project.succeed(["up"], { timeout: 900 });
  // Keeps the record of backups out of this user's own folder.
  const env = { INAETICS_BACKUPS: project.file(".state", "backups") };

  before(async () => {
    cluster.configure(usual);
    await project.succeed(["destroy", "--yes"]);
    const first = project.start(["up"], { timeout: 600 });
    await sleep(random() * 60_000);
    first.crash();
    await first.finished;
    await up();
  });
  after(async () => {
    await project.succeed(["destroy", "--yes"]);
    project.remove();
  });

  for (let round = 0; round < rounds; round++) {
    const change = changes[round % changes.length];
    if (change === undefined) throw new Error("no change is known");
    const moment = random() * change.within;
    it(`${change.name}, killed after ${moment.toFixed(1)} s, is mended by the next up`, async () => {
      cluster.configure({ ...usual, ...change.settings });
      await change.prepare?.(cluster);
      const running = project.start(change.command, { timeout: 600, env });
      await Promise.race([running.finished, sleep(moment * 1000)]);
      running.crash();
      await running.finished;
      // A file of a backup exists only when it is complete.
      fs.rmSync(project.file("interrupted.age"), { force: true });
      await up();
      await project.succeed(["pulumi", "preview", "--expect-no-changes", "--non-interactive"]);
      await eventuallyHolds("all boxes are as configured", 10, async () => {
        const names = (await cluster.docker("ps", "--format", "{{.Names}}", "--filter", `name=${cluster.name}-`)).split(
          "\n",
        );
        const { nodes, controllers } = { ...usual, ...change.settings };
        expect(names).to.have.length(nodes + controllers);
      });
      await cluster.resultsGrow(60);
    });
  }

  it("have lost no sample: each one that was accepted has one result", async () => {
    cluster.configure({ ...usual, producers: 0, celixProducers: 0 });
    await up();
    await cluster.readyPods("inaetics-producer-pod", 0);
    await cluster.readyPods("inaetics-producer-celix-pod", 0);
    await expectNothingLost(cluster, 180);
  });
});
