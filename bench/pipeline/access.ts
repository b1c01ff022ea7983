import { Failure, type Environment } from "@inaetics/workstation";
import { createContext, siteAccess, type SiteAccess, pulumiEnvironment, ensureKubeconfig } from "@inaetics/stack";

/** Access to a stack that is up. */
export interface Access {
  readonly kubeconfig: string;
  readonly dashboard: SiteAccess;
  /** PATH that finds kubectl. */
  readonly path: string;
}

/**
 * Reads BENCH_KUBECONFIG, BENCH_DASHBOARD, BENCH_USER and BENCH_PASSWORD. Without any of them, it uses the outputs of
 * this checkout's stack.
 * @throws Failure when some of them are missing, or when the stack does not exist
 */
export async function findAccess(environment: Environment): Promise<Access> {
  const context = createContext(environment);
  const path = pulumiEnvironment(context, environment).PATH ?? "";
  const names = ["BENCH_KUBECONFIG", "BENCH_DASHBOARD", "BENCH_USER", "BENCH_PASSWORD"] as const;
  const [kubeconfig, address, user, password] = names.map((name) => environment[name] ?? "");
  const missing = names.filter((name) => (environment[name] ?? "") === "");
  if (missing.length === names.length) {
    return { kubeconfig: await ensureKubeconfig(context), dashboard: await siteAccess(context, "dashboard"), path };
  }
  if (!kubeconfig || !address || !user || !password) {
    throw new Failure(
      `not set: ${missing.join(", ")}`,
      `Set all of ${names.join(", ")}, or none for this checkout's stack.`,
    );
  }
  return { kubeconfig, dashboard: { address, login: { user, password } }, path };
}
