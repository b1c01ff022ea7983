/**
 * Changes the number of nodes (5, 3, 5, 2, 5) and of each sample's copies (3, 1, 5, 3) of a living cluster while samples flow.
 *
 * Opt-in (`./cluster test removal`): it makes and removes up to five boxes four times, which takes half an hour.
 * Does not prove: removal of a node whose box is lost; a load that fills the queue.
 */
import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { expectNothingLost } from "../support/cluster/lossless";
import { isReady, type PodStatus, TestCluster } from "../support/cluster/testcluster";

const brokerLabel = "inaetics-queue-broker-pod";

interface Seen {
  /** Fewest brokers that were ready at once. */
  readonly fewest: number;
  /** Two numbers of results, the later of which is smaller; undefined when the number never fell. */
  readonly fallen: string | undefined;
  /** Longest time in seconds without new results. */
  readonly longestGap: number;
  /** Pods that counted as running or waiting on a node that Kubernetes did not know any more. */
  readonly orphans: readonly string[];
}

/** Reads pods on nodes that existed once and were gone before the pods were read. */
async function orphans(cluster: TestCluster, known: Set<string>): Promise<readonly string[]> {
  const { items: nodes } = await cluster.get<{ readonly items: readonly Pick<PodStatus, "metadata">[] }>("nodes");
  const living = new Set(nodes.map(({ metadata }) => metadata.name));
  for (const name of living) known.add(name);
  const { items: pods } = await cluster.get<{ readonly items: readonly PodStatus[] }>("pods");
  return pods
    .filter(({ spec: { nodeName = "" } }) => known.has(nodeName) && !living.has(nodeName))
    .map(({ metadata, spec }) => `${metadata.name} on ${spec.nodeName ?? ""}`);
}

/** Polls brokers, results and nodes from outside until it is stopped. */
function watch(cluster: TestCluster): { stop(): Promise<Seen> } {
  const stopped = new AbortController();
  const running = (async (): Promise<Seen> => {
    let [fewest, gap, results, grown] = [Infinity, 0, -1, performance.now()];
    let fallen: string | undefined;
    const [known, orphaned] = [new Set<string>(), new Set<string>()];
    while (!stopped.signal.aborted) {
      const ready = await cluster.pods(brokerLabel).then(
        (pods) => pods.filter(isReady).length,
        () => Infinity,
      );
      fewest = Math.min(fewest, ready);
      const stats = await cluster.stats().catch(() => undefined);
      const now = stats?.results ?? null;
      if (now !== null && now < results) fallen = `${results} => ${now}`;
      gap = Math.max(gap, performance.now() - grown);
      if (now !== null && now > results) [results, grown] = [now, performance.now()];
      for (const pod of await orphans(cluster, known).catch(() => [])) orphaned.add(pod);
      await sleep(250);
    }
    return { fewest, fallen, longestGap: gap / 1000, orphans: [...orphaned] };
  })();
  return {
    stop: () => {
      stopped.abort();
      return running;
    },
  };
}

describe("nodes and copies", function () {
  this.timeout(3_600_000);
  this.slow(2000);
  const cluster = new TestCluster();
  const { project } = cluster;
  const names = async (): Promise<readonly string[]> => {
    const { stdout } = await project.succeed(["kubectl", "get", "nodes", "-o", "name"]);
    return stdout.split("\n").filter((line) => line.startsWith("node/"));
  };
  const change = async (settings: Readonly<Record<string, number>>): Promise<Seen> => {
    for (const [key, value] of Object.entries(settings)) {
      await project.succeed(["pulumi", "config", "set", key, String(value)]);
    }
    const watching = watch(cluster);
    try {
      const { seconds } = await project.succeed(["up"], { timeout: 3000 });
      console.log(`      ${JSON.stringify(settings)}: ${Math.round(seconds)} s`);
    } finally {
      await sleep(1000);
    }
    const seen = await watching.stop();
    console.log(`      ${JSON.stringify(seen)}`);
    return seen;
  };

  before(async () => {
    cluster.configure({ nodes: 5, producers: 2, autoscaling: "{}" });
    await project.succeed(["destroy", "--yes"]);
    await project.succeed(["up"], { timeout: 3000 });
    await cluster.resultsGrow(60);
  });
  after(async () => {
    await project.succeed(["destroy", "--yes"]);
    project.remove();
  });

  const steps: readonly Readonly<Record<string, number>>[] = [
    { nodes: 3 },
    { nodes: 5 },
    { nodes: 2, queueReplicas: 1 },
    { nodes: 5 },
    { queueReplicas: 5 },
    { queueReplicas: 3 },
  ];
  let nodes = 5;
  for (const step of steps) {
    nodes = step["nodes"] ?? nodes;
    const wanted = nodes;
    it(`become ${JSON.stringify(step)} with a majority of brokers all the time`, async () => {
      const seen = await change(step);
      expect(await names()).to.have.length(wanted);
      expect(seen.fewest).to.be.at.least(2);
      expect(seen.fallen).to.equal(undefined);
      expect(seen.orphans, "pods on nodes that are gone").to.deep.equal([]);
      await project.succeed(["pulumi", "preview", "--expect-no-changes", "--non-interactive"]);
    });
  }

  it("lost nothing: each accepted sample has one result", async () => {
    await project.succeed(["pulumi", "config", "set", "producers", "0"]);
    await project.succeed(["pulumi", "config", "set", "celixProducers", "0"]);
    await project.succeed(["up"], { timeout: 900 });
    await expectNothingLost(cluster, 300);
  });
});
