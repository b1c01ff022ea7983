import { Context } from "./context";
import { Failure, HttpLogin } from "@inaetics/workstation";
import { stackOutputs } from "./outputs";

/** Address of the dashboard, and the login that it requires for changes. */
export interface DashboardAccess {
  readonly address: string;
  readonly login: HttpLogin;
}

/** Throws a Failure when the stack has no dashboard, or when its state cannot be read. */
export async function dashboardAccess(context: Context): Promise<DashboardAccess> {
  const { dashboard, credentials } = await stackOutputs(context);
  const { dashboardUser: user, dashboardPassword: password } = (credentials ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof dashboard !== "string" || typeof user !== "string" || typeof password !== "string") {
    throw new Failure("the stack has no outputs `dashboard` and `credentials`", "Run: ./cluster up");
  }
  return { address: dashboard, login: { user, password } };
}
