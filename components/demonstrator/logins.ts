/** Secrets with the logins of the demonstrator: of the pods to the broker, and of users to the pages. */
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Password } from "../pki/Password";

/** The one user of the dashboard and of provisioning's page. */
export const dashboardUser = "inaetics";

/**
 * Makes the Secret of the broker's one user: environment variables for every pod that uses the broker.
 * @returns the Secret's name
 */
export function brokerLogin(
  name: string,
  namespace: pulumi.Input<string>,
  password: Password,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  return login(name, namespace, "inaetics-broker", { NATS_USER: "inaetics", NATS_PASSWORD: password.value }, opts);
}

/**
 * Makes the Secret of the login that may take servers out of the broker's cluster. Brokers and queue agent have it.
 * @returns the Secret's name
 */
export function brokerSystemLogin(
  name: string,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const password = new Password(`${name}-password`, {}, opts);
  return login(
    name,
    namespace,
    "inaetics-broker-system",
    { NATS_SYSTEM_USER: "system", NATS_SYSTEM_PASSWORD: password.value },
    opts,
  );
}

/**
 * Makes the Secret with the dashboard's login, and the key that signs its sessions.
 * @returns the Secret's name
 */
export function dashboardLogin(
  name: string,
  namespace: pulumi.Input<string>,
  password: Password,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const sessionKey = new Password(`${name}-session-key`, {}, opts);
  return login(
    name,
    namespace,
    "inaetics-dashboard",
    { DASHBOARD_USER: dashboardUser, DASHBOARD_PASSWORD: password.value, SESSION_KEY: sessionKey.value },
    opts,
  );
}

/** Makes a Secret of environment variables. @returns its name */
function login(
  name: string,
  namespace: pulumi.Input<string>,
  object: string,
  variables: Readonly<Record<string, pulumi.Input<string>>>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  return new kubernetes.core.v1.Secret(name, { metadata: { name: object, namespace }, stringData: variables }, opts)
    .metadata.name;
}
