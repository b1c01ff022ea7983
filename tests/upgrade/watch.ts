/** Watches a cluster from outside while it changes: the dashboard's answers, and the growth of results. */
import { setTimeout as sleep } from "node:timers/promises";
import type { TestCluster } from "../support/cluster/testcluster";
import { NODES_PATH, nodeStateSchema } from "@inaetics/model";
import * as z from "zod/mini";

const everyMs = 250;

/** Result of a watch; times are in seconds. */
export interface Seen {
  /** Longest time in which every request failed or was answered by an error. */
  readonly longestOutage: number;
  /** Last error in that time. */
  readonly reason: string;
  /** Longest time in which the number of results did not grow. */
  readonly longestGap: number;
  /** Names of nodes that the dashboard showed as being upgraded. */
  readonly upgrading: readonly string[];
  readonly requests: number;
}

/** Fields that every version answers. */
const upgradesSchema = z.array(z.pick(nodeStateSchema, { name: true, upgrading: true }));

/** Watches until stopped; polls the boxes in turn, because each box restarts its proxy at some moment. */
export function watch(cluster: TestCluster): { readonly stop: () => Promise<Seen> } {
  const stopped = new AbortController();
  const running = (async (): Promise<Seen> => {
    const boxes = Object.keys(cluster.addresses);
    const upgrading = new Set<string>();
    let [outage, gap, requests, reason] = [0, 0, 0, "none"];
    let [answered, grown, results] = [performance.now(), performance.now(), -1];
    while (!stopped.signal.aborted) {
      const box = boxes[requests % boxes.length] ?? "controller";
      requests += 1;
      try {
        const stats = await cluster.stats(box);
        answered = performance.now();
        if (stats.results !== null && stats.results > results) {
          results = stats.results;
          grown = performance.now();
        }
        const nodes = z.parse(upgradesSchema, JSON.parse(await cluster.http(box, `/${NODES_PATH}`)));
        for (const node of nodes) if (node.upgrading !== null) upgrading.add(node.name);
      } catch (error) {
        const lasted = performance.now() - answered;
        if (lasted > outage) [outage, reason] = [lasted, error instanceof Error ? error.message : String(error)];
      }
      gap = Math.max(gap, performance.now() - grown);
      await sleep(everyMs);
    }
    return {
      longestOutage: outage / 1000,
      longestGap: gap / 1000,
      reason,
      requests,
      upgrading: [...upgrading].sort(),
    };
  })();
  return {
    stop: () => {
      stopped.abort();
      return running;
    },
  };
}
