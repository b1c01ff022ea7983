/** Requests of the administrator to a test's API server: changes by others than Pulumi, and a kubelet's reports. */
import { callApi } from "../../components/kubernetes/client";
import { KubeObject, list, nameOf, namespaceOf, text } from "./objects";

export interface Request {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path on the server, e.g. "/api/v1/namespaces". */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** The API server refused a request. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    { method, path }: Request,
    body: unknown,
  ) {
    super(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
  }
}

export class Api {
  constructor(private readonly kubeconfig: string) {}

  /** @throws Refused, or an error of the connection */
  async request(request: Request): Promise<KubeObject> {
    const { method, path, body, contentType } = request;
    const answer = await callApi(this.kubeconfig, method, path, body, contentType);
    if (answer.status >= 300) throw new Refused(answer.status, request, answer.body);
    return typeof answer.body === "object" ? (answer.body as KubeObject) : {};
  }

  get(object: KubeObject): Promise<KubeObject> {
    return this.request({ method: "GET", path: pathOf(object) });
  }

  /** Reads the object; undefined when it, its namespace or its kind does not exist. */
  async find(object: KubeObject): Promise<KubeObject | undefined> {
    try {
      return await this.get(object);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Lists the objects with the kind and namespace of `kind`, which has no name. */
  async list(kind: KubeObject): Promise<readonly KubeObject[]> {
    return list(await this.request({ method: "GET", path: collectionOf(kind) }), "items");
  }

  create(object: KubeObject): Promise<KubeObject> {
    return this.request({ method: "POST", path: `${collectionOf(object)}?fieldManager=somebody`, body: object });
  }

  /** Makes or changes the object by server-side apply under a manager's name. */
  apply(object: KubeObject, manager: string): Promise<KubeObject> {
    const path = `${pathOf(object)}?fieldManager=${manager}`;
    return this.request({ method: "PATCH", path, body: object, contentType: "application/apply-patch+yaml" });
  }

  /** Changes fields under another manager's name than Pulumi's. */
  change(object: KubeObject, patch: unknown): Promise<KubeObject> {
    const path = `${pathOf(object)}?fieldManager=somebody`;
    return this.request({ method: "PATCH", path, body: patch, contentType: "application/merge-patch+json" });
  }

  async remove(object: KubeObject): Promise<void> {
    await this.request({ method: "DELETE", path: pathOf(object), body: { propagationPolicy: "Background" } });
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof Refused && error.status === 404;
}

function pathOf(object: KubeObject): string {
  return `${collectionOf(object)}/${nameOf(object)}`;
}

/** Path of a kind's collection; Kubernetes names it in lower case, in the plural. */
function collectionOf(object: KubeObject): string {
  const version = text(object, "apiVersion");
  const namespace = namespaceOf(object);
  const kind = text(object, "kind").toLowerCase();
  const plural = `${kind}${kind.endsWith("s") ? "es" : "s"}`;
  return `/${version.includes("/") ? "apis" : "api"}/${version}${namespace === "" ? "" : `/namespaces/${namespace}`}/${plural}`;
}
