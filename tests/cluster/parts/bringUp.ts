/** `./cluster up` from nothing, interrupted on the way, and the results that it promises. */
import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Running } from "../../support/cluster/project";
import type { TestCluster } from "../../support/cluster/testcluster";

/** A point of the first `up` at which it is interrupted. */
interface Moment {
  readonly name: string;
  /** Ctrl-C, or the end of every process at once. */
  readonly how: "interrupt" | "crash";
  /** True when the shorter run has it too. */
  readonly always: boolean;
  readonly reached: (cluster: TestCluster, up: Running) => Promise<boolean> | boolean;
}

/** Checks a box's port, once the box exists: before, another machine on the route may answer at its address. */
const listens = (box: string, port: number) => async (cluster: TestCluster) => {
  const name = `${cluster.name}-${box}`;
  if (!(await cluster.docker("ps", "--format", "{{.Names}}")).split("\n").includes(name)) return false;
  return accepts(cluster.addresses[box] ?? "", port);
};

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", end(true)).on("error", end(false)).on("timeout", end(false));
  });
}

const began = (resource: string) => (cluster: TestCluster) => {
  const events = cluster.own("events.jsonl");
  return existsSync(events) && readFileSync(events, "utf8").includes(`::${resource}"`);
};

const moments: readonly Moment[] = [
  { name: "the preflight", how: "crash", always: false, reached: (_, up) => up.text().includes("preflight") },
  { name: "the first resource", how: "interrupt", always: false, reached: began("authority") },
  { name: "a box is there", how: "crash", always: true, reached: listens("controller", 22) },
  { name: "etcd answers", how: "interrupt", always: false, reached: listens("controller", 2379) },
  { name: "the API server listens", how: "crash", always: false, reached: listens("controller", 6443) },
  { name: "a kubelet listens", how: "interrupt", always: false, reached: listens("node-2", 10250) },
  { name: "an image is built", how: "interrupt", always: true, reached: began("felix-bundles-image") },
  { name: "pods are made", how: "crash", always: false, reached: began("demonstrator-queue-servers") },
];

export function bringUp(cluster: TestCluster): void {
  describe("up", () => {
    const all = process.env["INAETICS_TEST_INTERRUPTIONS"] === "all";
    for (const moment of moments.filter(({ always }) => always || all)) {
      it(`can be stopped (${moment.how}) when ${moment.name}`, async () => {
        cluster.configure();
        const up = cluster.project.start(["up"], { timeout: 600 });
        while (!(await moment.reached(cluster, up))) {
          const ended = await Promise.race([up.finished, sleep(100)]);
          if (ended !== undefined) throw new Error(`up ended before ${moment.name}:\n${ended.text}`);
        }
        await sleep(300);
        if (moment.how === "crash") up.crash();
        else up.signal("SIGINT");
        const { code, text } = await up.finished;
        expect(code, text).not.to.equal(0);
        if (moment.how === "interrupt") expect(text).to.match(/interrupted/);
      });
    }

    it("comes to its end, prints the dashboard's address, and samples flow", async () => {
      cluster.configure();
      const { text } = await cluster.project.succeed(["up"], { timeout: 600 });
      expect(text).to.contain("http://172.30.9.20/");
      await cluster.resultsGrow(5);
    });

    it("shows the same growing results at the address of every box", async () => {
      for (const box of Object.keys(cluster.addresses)) {
        const before = await cluster.metrics(box);
        await cluster.resultsGrow(20, box);
        const after = await cluster.metrics(box);
        const total = "inaetics_results_total";
        expect(after.get(total), `${total} at ${box}`).to.be.greaterThan(before.get(total) ?? NaN);
        expect(after.get("inaetics_samples_accepted_total")).to.be.greaterThan(0);
        expect(await cluster.http(box, "/healthz")).to.be.a("string");
        expect(await cluster.http(box, "/readyz")).to.be.a("string");
      }
      expect(await cluster.http("controller", "/")).to.contain("<html");
    });

    it("leaves nothing to change", async () => {
      await cluster.project.succeed(["pulumi", "preview", "--expect-no-changes", "--non-interactive"]);
    });
  });
}
