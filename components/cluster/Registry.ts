import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { RegistryAccess } from "../image/Image";

/** Arguments of a {@link Registry}. */
export interface RegistryArgs {
  readonly access: RegistryAccess;
  /** Namespace whose pods pull from it. */
  readonly namespace: pulumi.Input<string>;
}

/** The private registry as known to the cluster: announced to tools, with its login for the pods of a namespace. */
export class Registry extends pulumi.ComponentResource {
  /** Name of the Secret for `imagePullSecrets`. */
  readonly pullSecret: pulumi.Output<string>;

  constructor(name: string, args: RegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:cluster:Registry", name, {}, opts);
    const { server, username, password } = args.access;
    // Kubernetes' convention for tools that want to find the local registry (KEP-1755).
    new kubernetes.core.v1.ConfigMap(
      `${name}-hosting`,
      {
        metadata: { name: "local-registry-hosting", namespace: "kube-public" },
        data: {
          "localRegistryHosting.v1": stringify({
            host: server,
            hostFromContainerRuntime: server,
            hostFromClusterNetwork: server,
          }),
        },
      },
      { parent: this },
    );
    const login = new kubernetes.core.v1.Secret(
      `${name}-login`,
      {
        metadata: { name: "registry-login", namespace: args.namespace },
        type: "kubernetes.io/dockerconfigjson",
        stringData: {
          ".dockerconfigjson": pulumi.secret(password).apply((value) => dockerConfig(server, username, value)),
        },
      },
      { parent: this },
    );
    this.pullSecret = login.metadata.name;
    this.registerOutputs({ pullSecret: this.pullSecret });
  }
}

/** Docker's configuration file with one login. */
function dockerConfig(server: string, username: string, password: string): string {
  const auth = Buffer.from(`${username}:${password}`).toString("base64");
  return JSON.stringify({ auths: { [server]: { username, password, auth } } });
}
