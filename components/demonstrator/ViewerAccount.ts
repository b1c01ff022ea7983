import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { COORDINATOR_LEASE, POLICY_CONFIG_MAP } from "@inaetics/samples";

/** Arguments of a {@link ViewerAccount}. */
export interface ViewerAccountArgs {
  readonly namespace: pulumi.Input<string>;
}

const steered = ["producer", "producer-celix", "processor", "processor-celix"].map(
  (role) => `inaetics-${role}-controller`,
);

/** Rights of the viewer in its own namespace. */
const rules = [
  { apiGroups: [""], resources: ["replicationcontrollers", "pods"], verbs: ["get", "list", "watch"] },
  {
    apiGroups: [""],
    resources: ["replicationcontrollers/scale"],
    resourceNames: steered,
    verbs: ["get", "patch"],
  },
  { apiGroups: [""], resources: ["configmaps"], resourceNames: [POLICY_CONFIG_MAP], verbs: ["get"] },
  { apiGroups: [""], resources: ["events"], verbs: ["create"] },
  // Kubernetes cannot restrict `create` to an object's name.
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
  {
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    resourceNames: [COORDINATOR_LEASE],
    verbs: ["get", "update"],
  },
];

/** Rights on nodes: read their list and the measurements of their kubelets. */
const nodeRules = [
  { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list"] },
  { apiGroups: [""], resources: ["nodes/proxy"], verbs: ["get"] },
];

/**
 * Service account of the viewer. It may read controllers, pods and nodes, and scale only producers and processors. It
 * may also hold the coordinator's lease.
 */
export class ViewerAccount extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: ViewerAccountArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:demonstrator:ViewerAccount", name, {}, opts);
    const metadata = { name: "inaetics-datastore-viewer", namespace: args.namespace };
    const account = new kubernetes.core.v1.ServiceAccount(`${name}-account`, { metadata }, { parent: this });
    const role = new kubernetes.rbac.v1.Role(`${name}-role`, { metadata, rules }, { parent: this });
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
      { metadata: { name: "inaetics:node-reader" }, rules: nodeRules },
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
