/** Autoscaling: the dashboard sets the load, processors follow, and every step has its reason. */
import { expect } from "chai";
import type { Kinds } from "@inaetics/autoscaling";
import { Dashboard } from "../dashboard";
import { eventually, eventuallyHolds } from "../../support/eventually";
import type { TestCluster } from "../../support/cluster/testcluster";
import type { ShownEvent } from "@inaetics/model";

/** Samples per second; more than one processor can process. */
const load = 120;

const total = ({ felix, celix }: Kinds): number => felix + celix;

export function scaling(cluster: TestCluster): void {
  describe("autoscaling", () => {
    let opened: Dashboard | undefined;
    const dashboard = (): Dashboard => {
      if (opened === undefined) throw new Error("the dashboard could not be opened");
      return opened;
    };
    const scaled = async (after: number): Promise<readonly ShownEvent[]> =>
      (await dashboard().events(after)).filter(({ kind }) => kind === "scaled");
    /** Number of times that scaling changed its direction. */
    const turns = (events: readonly ShownEvent[]): number => {
      const ways = events.flatMap(({ from, to }) => (from && to ? [Math.sign(total(to) - total(from))] : []));
      return ways.filter((way, index) => index > 0 && way !== ways[index - 1]).length;
    };
    const requested = async (): Promise<number> => {
      const counts = await Promise.all(
        ["inaetics-processor-controller", "inaetics-processor-celix-controller"].map(async (name) => {
          const { spec } = await cluster.get<{ readonly spec: { readonly replicas?: number } }>("rc", name);
          return spec.replicas ?? 0;
        }),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    };

    before(async () => {
      opened = await Dashboard.open(cluster);
      // The coordinator applies the policy as soon as it exists.
      await cluster.project.succeed(["pulumi", "config", "set", "autoscaling", "{}"]);
      await cluster.project.succeed(["up"]);
      await dashboard().producers(1, 1);
      await eventuallyHolds("decisions by the policy", 30, async () => {
        expect((await dashboard().stats()).lastDecision?.rule).not.to.equal("paused");
      });
    });
    after(async () => {
      await dashboard().rate(5);
      await dashboard().producers(1, 1);
    });

    it("can be read without login, and changed only with it and by allowed values", async () => {
      for (const page of ["/", "/dashboard", "/stats", "/nodes"])
        expect(await cluster.http("node-1", page)).to.contain("<html");
      const calls = [
        ["POST", "/coordinator/utilisation", { value: 50 }, { value: 101 }, /0 to 100/],
        ["POST", "/coordinator/scaleProducer", { value: 1 }, { value: "many" }, /-32 to 32/],
        ["PUT", "/coordinator/producers", { count: 2 }, { count: 99 }, /0 to 4/],
        ["PUT", "/coordinator/processors", { felix: 1, celix: 1 }, { felix: 9, celix: 9 }, /1 to 8/],
      ] as const;
      const before = await dashboard().stats();
      for (const [method, path, good, bad, allowed] of calls) {
        expect((await dashboard().stranger().ask(method, path, good)).status, path).to.equal(401);
        const { status, body } = await dashboard().ask(method, path, bad);
        expect(status, path).to.equal(400);
        expect(body).to.match(allowed);
      }
      const after = await dashboard().stats();
      expect([after.ratePercent, after.producers]).to.deep.equal([before.ratePercent, before.producers]);
    });

    it("shows nodes and pods with what they use", async () => {
      await eventuallyHolds("memory of every node", 30, async () => {
        const nodes = await dashboard().nodes();
        expect(nodes.map(({ name }) => name)).to.include.members([...cluster.nodes]);
        for (const { name, memory, pods } of nodes) {
          expect(memory ?? 0, name).to.be.greaterThan(1e6);
          for (const pod of pods) expect(pod.memory ?? 0, pod.name).to.be.greaterThan(1e5);
        }
      });
    });

    it("adds processors within one window of a load that is too much, both kinds in turn, and gives the reason", async () => {
      const last = await dashboard().newest();
      await dashboard().producers(3, 1);
      await cluster.readyPods("inaetics-producer-pod", 3);
      await dashboard().rate(100);
      await eventuallyHolds("the load in the figures", 20, async () => {
        expect((await dashboard().stats()).productionRate).to.be.greaterThan(load);
      });
      const measured = Date.now();
      const first = await eventually("more processors", 25, async () => {
        const event = (await scaled(last)).find(({ from, to }) => from && to && total(to) > total(from));
        if (event === undefined) throw new Error(JSON.stringify(await dashboard().stats()));
        return event;
      });
      // One poll each 10 s, and the time that a poll takes on a busy machine.
      expect((first.time - measured) / 1000).to.be.lessThan(12);
      expect(first.outcome).to.equal("done");
      expect(first.reason).to.match(/^\d => \d: .*\d/);
      await eventuallyHolds("as many as decided work", 60, async () => {
        const { processors } = await dashboard().stats();
        const [, running, wanted] = /^(\d+) \/ (\d+)$/.exec(processors) ?? [];
        expect(Number(wanted)).to.be.greaterThan(1);
        expect(running).to.equal(wanted);
      });
      const { to } = (await scaled(last)).at(-1) ?? {};
      expect((to?.felix ?? 0) - (to?.celix ?? 0)).to.be.oneOf([0, 1]);
    });

    it("goes on by another instance within 15 s when the coordinator is killed; nothing of what people set is lost", async () => {
      const before = await dashboard().stats();
      const last = await dashboard().newest();
      await cluster.kubectl(["delete", "pod", "-n", "inaetics", before.leader ?? "", "--grace-period=0", "--force"]);
      const killed = performance.now();
      await eventuallyHolds("another coordinator", 30, async () => {
        const { leader, lastDecision } = await dashboard().stats();
        expect(leader).not.to.equal(before.leader);
        expect(lastDecision).not.to.equal(null);
      });
      expect((performance.now() - killed) / 1000).to.be.lessThan(15);
      await eventuallyHolds("the totals", 10, async () => {
        const after = await dashboard().stats();
        expect(after.ratePercent).to.equal(100);
        expect(after.producers).to.equal(before.producers);
        for (const key of ["accepted", "rejected", "results"] as const)
          expect(after[key] ?? -1, key).to.be.at.least(before[key] ?? 0);
      });
      const events = await dashboard().events(0);
      expect(events.map(({ id }) => id)).to.include(last);
    });

    it("holds while the queue cannot be measured, reports it, and recovers by itself", async () => {
      const last = await dashboard().newest();
      const held = await requested();
      await cluster.kubectl(["scale", "rc", "-n", "inaetics", "inaetics-queue-controller", "--replicas=0"]);
      try {
        await eventuallyHolds("an event about it", 40, async () => {
          const events = await dashboard().events(last);
          expect(events.map(({ rule }) => rule)).to.include.oneOf(["unreadable", "fallback"]);
        });
        const until = performance.now() + 45_000;
        while (performance.now() < until) {
          expect(await requested()).to.equal(held);
          await new Promise((resolve) => setTimeout(resolve, 2000));
        }
      } finally {
        await cluster.kubectl(["scale", "rc", "-n", "inaetics", "inaetics-queue-controller", "--replicas=1"]);
      }
      await eventuallyHolds("decisions by figures again", 60, async () => {
        const { lastDecision } = await dashboard().stats();
        expect(lastDecision?.rule).not.to.be.oneOf(["unreadable", "fallback"]);
      });
    });

    it("comes back to the least when the load is over, with no more than one turn; nothing accepted is lost", async () => {
      const last = await dashboard().newest();
      await dashboard().rate(0);
      await eventuallyHolds("one processor", 240, async () => expect(await requested()).to.equal(1));
      expect(turns(await scaled(last))).to.be.at.most(1);
      await eventuallyHolds("every accepted sample has its result", 60, async () => {
        const { accepted, results, queue } = await dashboard().stats();
        expect(queue?.depth).to.equal(0);
        expect(results).to.equal(accepted);
      });
    });
  });
}
