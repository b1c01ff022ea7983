/** The ledger of the test cluster, after any part that put load or faults on it. Does not prove which ids are stored. */
import { expect } from "chai";
import { eventuallyHolds } from "../eventually";
import { imbalance, remaining } from "../ledger";
import { Broker } from "./broker";
import type { TestCluster } from "./testcluster";

/** Longer than a stuck sample takes until the queue agent has it processed. */
const PATIENCE_S = 90;

/** Checks that every sample accepted by now is processed, none is lost, doubled or stuck, and the viewer counts the same. */
export function ledger(cluster: TestCluster, part: string): void {
  it(`after ${part}, every accepted sample has one result and none is stuck`, async () => {
    const broker = await Broker.open(cluster, "inaetics-queue-0");
    try {
      const { accepted } = (await broker.ledger()).after;
      await eventuallyHolds(`all of ${accepted} samples are processed`, PATIENCE_S, async () => {
        const reading = await broker.ledger();
        const left = remaining(reading.after, accepted);
        if (left > 0) throw new Error(`${left} are in the queue, the oldest is number ${reading.after.first}`);
        expect(imbalance(reading)).to.deep.equal([]);
      });
      await eventuallyHolds("the viewer counts the same", 15, async () => {
        const { results, stuck, problems } = await cluster.stats();
        expect(results ?? 0).to.be.at.least(accepted);
        expect(stuck ?? 0).to.equal(0);
        expect(problems).not.to.have.property("samples");
      });
    } finally {
      await broker.close();
    }
  });
}
