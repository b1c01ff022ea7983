/** Files that a box is configured from: its environment, certificates and password files. Pure. */
import type { ArchiveFile } from "./archive";
import type { BoxRole } from "../../tools/lock";
import { nodePorts, type Plan, type PlannedBox, type Settings } from "@inaetics/model/cluster";
import type { KeyPair } from "../pki/x509";
import { formatVersions, type Programs } from "./programs";
import { environmentFile } from "@inaetics/base";

/** Returns the role of a box in the plan. */
export function roleOf(plan: Plan, box: PlannedBox): BoxRole {
  return plan.controllers.some(({ name }) => name === box.name) ? "controller" : "node";
}

/** Returns `cluster.env`: facts about the cluster for the units and scripts of a box. */
export function clusterEnvironment(plan: Plan, settings: Settings, box: PlannedBox, kubernetes: string): ArchiveFile {
  const content = environmentFile({
    ROLE: roleOf(plan, box),
    BOX_NAME: box.name,
    BOX_ADDRESS: box.address,
    CONTROLLER_ADDRESS: plan.controller.address,
    CONTROLLERS: plan.controllers.map(({ name, address }) => `${name}=${address}`).join(","),
    API_SERVER: plan.boxApiServer,
    ETCD_MEMBERS: plan.etcdMembers.join(","),
    LEADER_ELECTION: String(plan.controllers.length > 1),
    CLUSTER: plan.cluster,
    POD_NETWORK: settings.podNetwork,
    SERVICE_NETWORK: settings.serviceNetwork,
    API_SERVICE_ADDRESS: plan.apiServiceAddress,
    DNS_ADDRESS: plan.dnsAddress,
    CLUSTER_DOMAIN: plan.clusterDomain,
    FLANNEL_ETCD_PREFIX: settings.flannelEtcdPrefix,
    NODE_PORT_RANGE: `${nodePorts.lowest}-${nodePorts.highest}`,
    REGISTRY: plan.registry,
    KUBERNETES_VERSION: kubernetes,
  });
  return { path: "cluster.env", content, mode: 0o644 };
}

/** Returns files with the box's set of programs, their versions, and the images that it loads. */
export function programFiles(programs: Programs, role: BoxRole): ArchiveFile[] {
  const images = Object.entries(programs.images).filter(([name]) => (role === "node") === (name === "pause"));
  const texts = {
    programs: `${programs.set}\n`,
    versions: formatVersions(programs.versions[role]),
    images: images.map(([name, file]) => `${name}=${file}\n`).join(""),
  };
  return Object.entries(texts).map(([path, content]) => ({ path, content, mode: 0o644 }));
}

/** Returns the authority's certificate, and each pair as `<name>.pem` and `<name>-key.pem`. */
export function certificateFiles(authority: string, pairs: Readonly<Record<string, KeyPair>>): ArchiveFile[] {
  const files = Object.entries(pairs).flatMap(([name, pair]) => [
    { path: `pki/${name}.pem`, content: pair.certificate, mode: 0o644 },
    { path: `pki/${name}-key.pem`, content: pair.key, mode: 0o600 },
  ]);
  return [{ path: "pki/ca.pem", content: authority, mode: 0o644 }, ...files];
}

/** Returns the registry's password file: one user with a bcrypt hash. */
export function htpasswd(user: string, hash: string): ArchiveFile {
  return { path: "registry/htpasswd", content: `${user}:${hash}\n`, mode: 0o600 };
}

/** Returns the key pair that signs the tokens of service accounts: the same one on all controllers. */
export function serviceAccountKey(pair: KeyPair): readonly ArchiveFile[] {
  return [
    { path: "pki/service-account.pem", content: pair.certificate, mode: 0o644 },
    { path: "pki/service-account-key.pem", content: pair.key, mode: 0o600 },
  ];
}

/** Returns the password of etcd's user for discovery, for clients of its JSON gateway. */
export function discoveryPassword(password: string): ArchiveFile {
  return { path: "discovery-password", content: `${password}\n`, mode: 0o600 };
}
