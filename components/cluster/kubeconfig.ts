/** The administrator's kubeconfig. Pure. */
import { stringify } from "yaml";
import { apiServerAt, type Plan } from "@inaetics/model/cluster";
import type { KeyPair } from "../pki/x509";

/**
 * Returns a kubeconfig with a context for each controller, and with all keys and certificates inside. The current one is
 * named like the cluster, and is the first controller's: Pulumi's provider takes another address for another cluster.
 */
export function kubeconfigText(plan: Plan, authority: string, admin: KeyPair): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const user = plan.cluster;
  const names = plan.controllers.map(({ name }, index) => (index === 0 ? user : `${user}-${name}`));
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: plan.controllers.map((controller, index) => ({
        name: names[index],
        cluster: { server: apiServerAt(controller), "certificate-authority-data": base64(authority) },
      })),
      users: [
        {
          name: user,
          user: { "client-certificate-data": base64(admin.certificate), "client-key-data": base64(admin.key) },
        },
      ],
      contexts: names.map((name) => ({ name, context: { cluster: name, user, namespace: "inaetics" } })),
      "current-context": user,
    },
    { lineWidth: 0 },
  );
}
