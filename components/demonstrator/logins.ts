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
  const secret = new kubernetes.core.v1.Secret(
    name,
    {
      metadata: { name: "inaetics-broker", namespace },
      stringData: { NATS_USER: "inaetics", NATS_PASSWORD: password.value },
    },
    opts,
  );
  return secret.metadata.name;
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
  const secret = new kubernetes.core.v1.Secret(
    name,
    {
      metadata: { name: "inaetics-broker-system", namespace },
      stringData: { NATS_SYSTEM_USER: "system", NATS_SYSTEM_PASSWORD: password.value },
    },
    opts,
  );
  return secret.metadata.name;
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
  const secret = new kubernetes.core.v1.Secret(
    name,
    {
      metadata: { name: "inaetics-dashboard", namespace },
      stringData: { DASHBOARD_USER: dashboardUser, DASHBOARD_PASSWORD: password.value, SESSION_KEY: sessionKey.value },
    },
    opts,
  );
  return secret.metadata.name;
}
