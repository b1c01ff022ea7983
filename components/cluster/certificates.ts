/** Certificates that each box needs: names, groups and the addresses that they are valid for. Pure. */
import { ETCD_SERVER_NAME } from "@inaetics/discovery";
import type { Plan, PlannedBox } from "@inaetics/model/cluster";
import type { CertificateRequest } from "../pki/x509";

type Requests = Readonly<Record<string, CertificateRequest>>;

const local = ["127.0.0.1", "localhost"];

/**
 * Certificates of a controller. etcd identifies users by common name; the API server uses the user and the group. Only the
 * first controller has a key pair for the tokens of service accounts: the others get the same one.
 */
export function controllerCertificates(plan: Plan, { name, address }: PlannedBox): Requests {
  const isFirst = name === plan.controller.name;
  return {
    etcd: { commonName: "etcd", usage: "both", hosts: [ETCD_SERVER_NAME, name, address, ...local] },
    "etcd-root": { commonName: "root", usage: "client" },
    "etcd-apiserver": { commonName: "kube-apiserver", usage: "client" },
    "etcd-flannel": { commonName: "flannel", usage: "client" },
    apiserver: { commonName: "kube-apiserver", usage: "server", hosts: apiServerHosts(plan, name, address) },
    "apiserver-kubelet-client": {
      commonName: "kube-apiserver-kubelet-client",
      organisation: "system:masters",
      usage: "client",
    },
    // Only its key pair is used: tokens of service accounts are signed with it.
    ...(isFirst ? { "service-account": { commonName: "service-account", usage: "client" } as const } : {}),
    "controller-manager": { commonName: "system:kube-controller-manager", usage: "client" },
    scheduler: { commonName: "system:kube-scheduler", usage: "client" },
    "kube-proxy": { commonName: "system:kube-proxy", usage: "client" },
    coredns: { commonName: "system:coredns", usage: "client" },
    admin: { commonName: "admin", organisation: "system:masters", usage: "client" },
    registry: { commonName: "registry", usage: "server", hosts: [name, address, ...local] },
  };
}

function apiServerHosts(plan: Plan, name: string, address: string): string[] {
  const service = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    `kubernetes.default.svc.${plan.clusterDomain}`,
  ];
  return [...service, name, address, plan.apiServiceAddress, ...local];
}

/** Certificates of a node. The Node authorizer allows this name and group to act for this node only. */
export function nodeCertificates(node: PlannedBox): Requests {
  return {
    kubelet: {
      commonName: `system:node:${node.name}`,
      organisation: "system:nodes",
      usage: "both",
      hosts: [node.name, node.address],
    },
    "kube-proxy": { commonName: "system:kube-proxy", usage: "client" },
    "etcd-flannel": { commonName: "flannel", usage: "client" },
  };
}
