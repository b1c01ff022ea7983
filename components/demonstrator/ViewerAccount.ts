import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { VIEWER, viewerNodeRules, viewerRules } from "@inaetics/model";

/** Arguments of a {@link ViewerAccount}. */
export interface ViewerAccountArgs {
  readonly namespace: pulumi.Input<string>;
}

/**
 * Service account of the viewer. It may read controllers, pods and nodes, and scale only producers and processors. It
 * may also hold the coordinator's lease.
 */
export class ViewerAccount extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: ViewerAccountArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:demonstrator:ViewerAccount", name, {}, opts);
    const metadata = { name: VIEWER, namespace: args.namespace };
    const account = new kubernetes.core.v1.ServiceAccount(`${name}-account`, { metadata }, { parent: this });
    const role = new kubernetes.rbac.v1.Role(`${name}-role`, { metadata, rules: viewerRules() }, { parent: this });
    new kubernetes.rbac.v1.RoleBinding(
      `${name}-binding`,
      {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
        subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: args.namespace }],
      },
      { parent: this },
    );
    const nodeReader = new kubernetes.rbac.v1.ClusterRole(
      `${name}-node-role`,
      { metadata: { name: "inaetics:node-reader" }, rules: viewerNodeRules() },
      { parent: this },
    );
    new kubernetes.rbac.v1.ClusterRoleBinding(
      `${name}-node-binding`,
      {
        metadata: { name: "inaetics:datastore-viewer" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: nodeReader.metadata.name },
        subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: args.namespace }],
      },
      { parent: this },
    );
    this.name = account.metadata.name;
    this.registerOutputs({ name: this.name });
  }
}
