import * as path from "node:path";
import { Progress, withFileLock } from "@inaetics/workstation";
import { Context } from "./context";

/** Locks that this process holds. */
const held = new Set<string>();

/**
 * Does `work` while no other ./cluster changes the stack; another one waits and reports it. Work inside of it may lock
 * again. Pulumi's own lock is no substitute: it comes seconds after the start of pulumi, and fails instead of waiting.
 */
export async function withStackLock<T>(context: Context, progress: Progress, work: () => Promise<T>): Promise<T> {
  // The folder of the stack's own files is removed by a destroy, and with it the lock that others wait for.
  const file = path.join(context.state, "locks", context.stack);
  if (held.has(file)) return work();
  return withFileLock(file, `stack ${context.stack}`, progress, async () => {
    held.add(file);
    try {
      return await work();
    } finally {
      held.delete(file);
    }
  });
}
