import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ETCD_SERVER_NAME } from "@inaetics/discovery";
import { notAwaited } from "../options";
import type { Mount } from "../kubernetes/Workload";
import type { CertificateAuthority } from "../pki/CertificateAuthority";
import { Certificates } from "../pki/Certificates";
import type { Password } from "../pki/Password";

/** Arguments of a {@link DiscoveryAccess}. */
export interface DiscoveryAccessArgs {
  readonly namespace: pulumi.Input<string>;
  readonly authority: CertificateAuthority;
  /** Password of etcd's user `inaetics`, because etcd's JSON gateway does not use certificates. */
  readonly password: Password;
}

/** User and role of etcd, limited to `/inaetics`. */
const user = "inaetics";

/**
 * Access of pods to discovery in etcd: a client certificate and a password for the one user, limited to `/inaetics`.
 */
export class DiscoveryAccess extends pulumi.ComponentResource {
  /**
   * The files `ca.pem`; `user-cert.pem` and `user-key.pem` for gRPC, where the certificate's name is the user; `cert.pem`,
   * `key.pem`, `username` and `password` for the JSON gateway, which takes no certificate with a name.
   */
  readonly mount: Mount;
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;

  constructor(name: string, args: DiscoveryAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("inaetics:demonstrator:DiscoveryAccess", name, {}, opts);
    const { authority } = args;
    const issued = new Certificates(
      `${name}-certificates`,
      {
        authorityCertificate: authority.certificate,
        authorityKey: authority.key,
        requests: {
          user: { commonName: user, usage: "client" },
          gateway: { organisation: user, usage: "client" },
        },
      },
      { parent: this },
    );
    const secret = new kubernetes.core.v1.Secret(
      `${name}-files`,
      {
        metadata: { name: "inaetics-discovery", namespace: args.namespace },
        stringData: {
          "ca.pem": authority.certificate,
          // Authority of the signer that provisioning's packages must come from.
          "signer-ca.pem": authority.certificate,
          "user-cert.pem": issued.pair("user", "certificate"),
          "user-key.pem": issued.pair("user", "key"),
          "cert.pem": issued.pair("gateway", "certificate"),
          "key.pem": issued.pair("gateway", "key"),
          username: user,
          password: args.password.value,
        },
      },
      { parent: this },
    );
    const service = etcdService(`${name}-etcd`, args.namespace, { parent: this });
    const path = "/etc/inaetics/discovery";
    this.mount = { path, volume: { secret: { secretName: secret.metadata.name } } };
    this.environment = { ETCD_ENDPOINTS: service, DISCOVERY_DIR: path };
    this.registerOutputs({});
  }
}

/**
 * Makes the Service of etcd and returns its URL, which stays when controllers are added or removed. The controllers write
 * its endpoints themselves (`vagrant/scripts/serve-endpoints`). Its name is in the certificates of all members.
 */
function etcdService(
  name: string,
  namespace: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const port = 2379;
  const service = new kubernetes.core.v1.Service(
    name,
    {
      metadata: { name: ETCD_SERVER_NAME, namespace, annotations: notAwaited },
      spec: { ports: [{ name: "client", port, targetPort: port }] },
    },
    opts,
  );
  return pulumi.interpolate`https://${service.metadata.name}:${port}`;
}
