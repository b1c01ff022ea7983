import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { DiscoveryAccess } from "../cluster/DiscoveryAccess";
import { Workload, type WorkloadArgs } from "../kubernetes/Workload";
import type { CertificateAuthority } from "../pki/CertificateAuthority";
import { Certificates } from "../pki/Certificates";
import { notAwaited } from "../options";

/** Arguments of a {@link Provisioning}. */
export interface ProvisioningArgs extends Pick<
  WorkloadArgs,
  "kubeconfig" | "image" | "pullSecret" | "secrets" | "environment"
> {
  readonly namespace: pulumi.Output<string>;
  readonly authority: CertificateAuthority;
  readonly discovery: DiscoveryAccess;
  /** True to make it without a pod. */
  readonly held: boolean;
  /** Port of the dashboard on every box, which the page links. */
  readonly dashboardPort: number;
  /** Port on every box, 80 to 2000. */
  readonly port: number;
}

const role = "ace-provisioning";
const signer = "inaetics-provisioning";

/** The provisioning service: assigns, packs and signs each agent's software, and serves its page on every box. */
export class Provisioning extends pulumi.ComponentResource {
  /** Node port of its page; known once the service is up. */
  readonly port: pulumi.Output<number>;

  constructor(name: string, args: ProvisioningArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:demonstrator:Provisioning", name, {}, opts);
    const { namespace } = args;
    const signing = signerSecret(`${name}-signer`, args, { parent: this });
    const signerFolder = "/etc/inaetics/signer";
    const controller = new Workload(
      `${name}-service`,
      {
        ...args,
        role,
        replicas: args.held ? 0 : 1,
        memory: "256Mi",
        environment: {
          ...args.environment,
          ...args.discovery.environment,
          SIGNER_DIR: signerFolder,
          DASHBOARD_PORT: String(args.dashboardPort),
        },
        mounts: [args.discovery.mount, { path: signerFolder, volume: { secret: { secretName: signing } } }],
        serviceAccount: reviewerAccount(name, namespace, { parent: this }),
        apiAccess: true,
        readyPath: "/readyz",
        healthPath: "/healthz",
      },
      { parent: this },
    );
    const service = new kubernetes.core.v1.Service(
      `${name}-port`,
      {
        metadata: { name: `${role}-service`, namespace, annotations: notAwaited },
        spec: {
          type: "NodePort",
          selector: controller.labels,
          ports: [{ name: "http", port: 90, targetPort: 8080, nodePort: args.port }],
        },
      },
      { parent: this },
    );
    this.port = service.id.apply(() => args.port);
    this.registerOutputs({ port: this.port });
  }
}

/** Makes the Secret with the key that signs packages; agents trust its name, from the cluster's own authority. */
function signerSecret(
  name: string,
  { authority, namespace }: ProvisioningArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const issued = new Certificates(
    `${name}-certificates`,
    {
      authorityCertificate: authority.certificate,
      authorityKey: authority.key,
      requests: { [signer]: { commonName: signer, usage: "signing" } },
    },
    opts,
  );
  const secret = new kubernetes.core.v1.Secret(
    name,
    {
      metadata: { name: "inaetics-provisioning-signer", namespace },
      stringData: { "cert.pem": issued.pair(signer, "certificate"), "key.pem": issued.pair(signer, "key") },
    },
    opts,
  );
  return secret.metadata.name;
}

/** Makes a service account that may only ask the API server to review a token. */
function reviewerAccount(
  name: string,
  namespace: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const account = new kubernetes.core.v1.ServiceAccount(
    `${name}-account`,
    { metadata: { name: role, namespace } },
    opts,
  );
  const clusterRole = new kubernetes.rbac.v1.ClusterRole(
    `${name}-role`,
    {
      metadata: { name: "inaetics:token-reviewer" },
      rules: [{ apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] }],
    },
    opts,
  );
  new kubernetes.rbac.v1.ClusterRoleBinding(
    `${name}-binding`,
    {
      metadata: { name: "inaetics:ace-provisioning" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: clusterRole.metadata.name },
      subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
    },
    opts,
  );
  return account.metadata.name;
}
