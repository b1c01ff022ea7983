import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** Arguments of a {@link ViewerAccount}. */
export interface ViewerAccountArgs {
  readonly namespace: pulumi.Input<string>;
}

/** The viewer's service account: it may look at the controllers and pods of its own namespace, and nothing else. */
export class ViewerAccount extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: ViewerAccountArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:demonstrator:ViewerAccount", name, {}, opts);
    const metadata = { name: "inaetics-datastore-viewer", namespace: args.namespace };
    const account = new kubernetes.core.v1.ServiceAccount(`${name}-account`, { metadata }, { parent: this });
    const role = new kubernetes.rbac.v1.Role(
      `${name}-role`,
      {
        metadata,
        rules: [{ apiGroups: [""], resources: ["replicationcontrollers", "pods"], verbs: ["get", "list", "watch"] }],
      },
      { parent: this },
    );
    new kubernetes.rbac.v1.RoleBinding(
      `${name}-binding`,
      {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
        subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: args.namespace }],
      },
      { parent: this },
    );
    this.name = account.metadata.name;
    this.registerOutputs({ name: this.name });
  }
}
