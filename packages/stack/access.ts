import { Context } from "./context";
import { askJson, Failure, HttpLogin } from "@inaetics/workstation";
import * as z from "zod/mini";
import { firstThatAnswers, pageAddresses } from "./living";
import { stackOutputs } from "./outputs";
import {
  PROCESSORS_PATH,
  PRODUCERS_PATH,
  UTILISATION_PATH,
  type ProcessorsChange,
  type ProducersChange,
  type ValueChange,
} from "@inaetics/model";

/** Address of a site of the cluster, and the login of both sites. */
export interface SiteAccess {
  readonly address: string;
  readonly login: HttpLogin;
}

/** Milliseconds for a change: the broker stores it, and two controllers are scaled. */
const changeTimeout = 20_000;

/** Throws a Failure when the stack has no such site, or when its state cannot be read. */
export async function siteAccess(context: Context, site: "dashboard" | "provisioning"): Promise<SiteAccess> {
  const { [site]: page, nodes, credentials } = await stackOutputs(context);
  const { dashboardUser: user, dashboardPassword: password } = (credentials ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof page !== "string" || typeof user !== "string" || typeof password !== "string") {
    throw new Failure(`the stack has no outputs \`${site}\` and \`credentials\``, "Run: ./cluster up");
  }
  const address = await firstThatAnswers(pageAddresses(page, nodes));
  return { address, login: { user, password } };
}

/** A change of the load: the rate, the producers or the processors. */
export type LoadChange =
  | { readonly path: typeof UTILISATION_PATH; readonly body: ValueChange }
  | { readonly path: typeof PRODUCERS_PATH; readonly body: ProducersChange }
  | { readonly path: typeof PROCESSORS_PATH; readonly body: ProcessorsChange };

/** Changes the load at the dashboard. Throws an Error with the reason of a refusal. */
export async function changeLoad({ address, login }: SiteAccess, { path, body }: LoadChange): Promise<void> {
  const method = path === UTILISATION_PATH ? "POST" : "PUT";
  await askJson(z.unknown(), new URL(path, address).href, { method, body, login, timeout: changeTimeout });
}
