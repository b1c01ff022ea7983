import { setTimeout as sleep } from "node:timers/promises";
import { ROOT, type Leaf } from "@inaetics/discovery";
import { Failure, createProgress, withStep } from "@inaetics/workstation";
import { Context } from "@inaetics/stack";
import { canAsk, confirmed } from "../asking/ask";
import { deleteDiscovery, readDiscovery } from "./etcd";

/** Milliseconds; registrants check their keys every 5 s. */
const returnDeadline = 30_000;

/** Empties discovery and waits until all agents and services have registered again. @param yes do not ask */
export async function purgeDiscovery(context: Context, yes: boolean): Promise<void> {
  if (!yes && !canAsk()) {
    throw new Failure(
      "purge-discovery deletes the registrations of agents and services; without a terminal it cannot ask first",
      "Run: ./cluster purge-discovery --yes",
    );
  }
  const before = await readDiscovery(context);
  if (!yes && !(await confirmed(`Delete ${count(before.length)} below ${ROOT} in etcd of ${context.cluster}?`))) {
    process.stdout.write("Nothing was deleted.\n");
    return;
  }
  const deleted = await deleteDiscovery(context);
  process.stdout.write(`Deleted ${count(deleted)}.\n`);
  const expected = before.filter(({ secondsLeft }) => secondsLeft !== null && secondsLeft > 0).map(({ key }) => key);
  if (expected.length === 0) return;
  await withStep(createProgress(), "agents and services back in discovery", async (step) => {
    const deadline = Date.now() + returnDeadline;
    for (;;) {
      const missing = missingKeys(expected, await readDiscovery(context));
      step.detail(`${expected.length - missing.length} of ${expected.length} keys`);
      if (missing.length === 0) break;
      if (Date.now() > deadline) {
        throw new Failure(
          `not registered again within ${returnDeadline / 1000} s: ${missing.join(", ")}`,
          "Check their pods: ./cluster agents status, ./cluster kubectl get pods -n inaetics",
        );
      }
      await sleep(1000);
    }
    step.done(count(expected.length));
  });
}

/** Returns the keys of `expected` that are not among `now`. Pure. */
export function missingKeys(expected: readonly string[], now: readonly Pick<Leaf, "key">[]): readonly string[] {
  const there = new Set(now.map(({ key }) => key));
  return expected.filter((key) => !there.has(key));
}

function count(keys: number): string {
  return keys === 1 ? "1 key" : `${keys} keys`;
}
