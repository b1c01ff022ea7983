import { Context, nameStack } from "@inaetics/stack";
import { readStatus } from "./read";
import { renderStatus } from "./render";

/** Shows the parts of the stack and their state; the exit code is 1 with problems, and when it is stopped. */
export async function showStatus(context: Context, json: boolean): Promise<void> {
  const found = await readStatus(context);
  process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : nameStack(renderStatus(found), context.stack));
  if (found.problems.length > 0 || found.stoppedSince !== null) process.exitCode = 1;
}
