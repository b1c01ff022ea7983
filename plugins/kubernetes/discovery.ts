/** Which path of the API an object has. */
import { Api } from "./client";
import { isNotFound, NoSuchKind } from "./errors";
import { at, KubeObject, list, nameOf, namespaceOf, text } from "./objects";

export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** Kinds of Kubernetes itself that are outside of namespaces: known without asking, so before the cluster is there too. */
const clusterScoped: ReadonlySet<string> = new Set(
  (
    "APIService CertificateSigningRequest ClusterRole ClusterRoleBinding ClusterTrustBundle ComponentStatus CSIDriver CSINode " +
    "CustomResourceDefinition DeviceClass FlowSchema IngressClass IPAddress MutatingAdmissionPolicy " +
    "MutatingAdmissionPolicyBinding MutatingWebhookConfiguration Namespace Node PersistentVolume PriorityClass " +
    "PriorityLevelConfiguration ResourceSlice RuntimeClass SelfSubjectReview ServiceCIDR StorageClass StorageVersion " +
    "StorageVersionMigration TokenReview ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding " +
    "ValidatingWebhookConfiguration VolumeAttachment VolumeAttributesClass"
  ).split(" "),
);

/** Groups of Kubernetes itself; all others are of custom resources or of extension servers. */
export function isBuiltIn(apiVersion: string): boolean {
  const group = apiVersion.includes("/") ? apiVersion.replace(/\/.*$/, "") : "";
  return ["", "apps", "autoscaling", "batch", "extensions", "policy"].includes(group) || group.endsWith(".k8s.io");
}

export class Discovery {
  private readonly groups = new Map<string, Promise<ReadonlyMap<string, Kind>>>();

  constructor(private readonly api: Api) {}

  /** @throws NoSuchKind when the cluster does not have it (asked again each time: a definition may just have been made) */
  async find(apiVersion: string, kind: string): Promise<Kind> {
    const known = await this.group(apiVersion);
    const found = known.get(kind);
    if (found) return found;
    this.groups.delete(apiVersion);
    const again = (await this.group(apiVersion)).get(kind);
    if (again) return again;
    this.groups.delete(apiVersion);
    throw new NoSuchKind(apiVersion, kind);
  }

  /** Whether objects of the kind live in namespaces; assumed of a kind that the cluster does not have (yet). */
  async isNamespaced(apiVersion: string, kind: string): Promise<boolean> {
    if (isBuiltIn(apiVersion)) return !clusterScoped.has(kind);
    try {
      return (await this.find(apiVersion, kind)).namespaced;
    } catch {
      return true;
    }
  }

  private group(apiVersion: string): Promise<ReadonlyMap<string, Kind>> {
    const cached = this.groups.get(apiVersion);
    if (cached) return cached;
    const loading = this.load(apiVersion);
    this.groups.set(apiVersion, loading);
    loading.catch(() => this.groups.delete(apiVersion));
    return loading;
  }

  private async load(apiVersion: string): Promise<ReadonlyMap<string, Kind>> {
    const path = `/${apiVersion.includes("/") ? "apis" : "api"}/${apiVersion}`;
    try {
      const resources = list(await this.api.request({ method: "GET", path }), "resources");
      // Subresources ("pods/status") have a slash; they are not kinds of their own.
      const own = resources.filter((each) => !text(each, "name").includes("/"));
      return new Map(
        own.map((each) => [
          text(each, "kind"),
          {
            apiVersion,
            kind: text(each, "kind"),
            plural: text(each, "name"),
            namespaced: at(each, "namespaced") === true,
          },
        ]),
      );
    } catch (error) {
      if (isNotFound(error)) return new Map();
      throw error;
    }
  }
}

/** The path of all objects of a kind, in a namespace when there is one. */
export function collectionPath(kind: Kind, namespace: string): string {
  const root = `/${kind.apiVersion.includes("/") ? "apis" : "api"}/${kind.apiVersion}`;
  const scope = kind.namespaced && namespace !== "" ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}${scope}/${kind.plural}`;
}

/** The path of one object; without a namespace a namespaced one is in "default". */
export function objectPath(kind: Kind, object: KubeObject): string {
  return `${collectionPath(kind, namespaceOf(object) || "default")}/${encodeURIComponent(nameOf(object))}`;
}
