import { Context } from "@inaetics/stack";
import { readStatus } from "../status/read";
import { renderStatus } from "../status/render";

/** Shows what there is of the stack and how it is; the exit code is 1 when there are problems. */
export async function status(context: Context, json: boolean): Promise<void> {
  const found = await readStatus(context);
  process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : renderStatus(found));
  if (found.problems.length > 0) process.exitCode = 1;
}
