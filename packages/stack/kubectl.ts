import { Context } from "./context";
import { pulumiEnvironment } from "./environment";
import { Failure, lastLines, tryRun } from "@inaetics/workstation";
import { ensureKubeconfig } from "./kubeconfig";

/** Namespace of the demonstrator. */
export const namespace = "inaetics";

/**
 * Runs kubectl on the stack's cluster and returns its standard output.
 * @throws Failure with the last line that kubectl printed
 */
export async function kubectl(context: Context, args: readonly string[]): Promise<string> {
  const kubeconfig = await ensureKubeconfig(context);
  const all = ["--kubeconfig", kubeconfig, "--request-timeout=8s", ...args];
  const answer = await tryRun("kubectl", all, { env: pulumiEnvironment(context, process.env), timeout: 15_000 });
  if (answer.exitCode === 0) return answer.stdout;
  const reason = answer.problem ?? lastLines(answer.stderr, 1);
  throw new Failure(`kubectl ${args.slice(0, 2).join(" ")}: ${reason}`, "Run: ./cluster status");
}

/** Returns the objects that `kubectl get ARGS` finds. Throws as {@link kubectl} does. */
export async function getObjects<T>(context: Context, args: readonly string[]): Promise<readonly T[]> {
  const text = await kubectl(context, ["get", ...args, "--output=json"]);
  return (JSON.parse(text) as { readonly items: readonly T[] }).items;
}
