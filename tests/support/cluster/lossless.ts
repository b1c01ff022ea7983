/** The check that a cluster lost nothing, for all layers that disturb one. Proves nothing by itself. */
import { expect } from "chai";
import { eventuallyHolds } from "../eventually";
import { Broker } from "./broker";
import type { TestCluster } from "./testcluster";

/**
 * Waits until the queue is drained, and checks that each accepted sample has exactly one result. Producers must be off.
 * @param seconds longest wait for the queue
 * @returns the number of accepted samples
 */
export async function expectNothingLost(cluster: TestCluster, seconds: number): Promise<number> {
  const broker = await Broker.open(cluster, "inaetics-queue-0");
  try {
    await eventuallyHolds("the queue is drained", seconds, async () => {
      const { waiting } = await broker.queue();
      if (waiting > 0) throw new Error(`${waiting} samples wait`);
    });
    const { accepted } = await broker.queue();
    const ids = await broker.resultIds();
    console.log(`      accepted ${accepted}, stored ${ids.length}`);
    expect(new Set(ids).size, "different results").to.equal(ids.length);
    expect(ids.length, "results").to.equal(accepted);
    return accepted;
  } finally {
    await broker.close();
  }
}
