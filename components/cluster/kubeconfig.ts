/** The administrator's kubeconfig. Pure. */
import { stringify } from "yaml";
import type { Plan } from "@inaetics/model/cluster";
import type { KeyPair } from "../pki/x509";

/** Returns a kubeconfig with one context named like the cluster, and with all keys and certificates inside. */
export function kubeconfigText(plan: Plan, authority: string, admin: KeyPair): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const name = plan.cluster;
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name, cluster: { server: plan.apiServer, "certificate-authority-data": base64(authority) } }],
      users: [
        { name, user: { "client-certificate-data": base64(admin.certificate), "client-key-data": base64(admin.key) } },
      ],
      contexts: [{ name, context: { cluster: name, user: name, namespace: "inaetics" } }],
      "current-context": name,
    },
    { lineWidth: 0 },
  );
}
