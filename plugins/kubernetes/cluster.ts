/** Objects in the cluster by what they are, not by paths: get, list, apply, delete. */
import { Api, Request } from "./client";
import { collectionPath, Discovery, objectPath } from "./discovery";
import { isGone } from "./errors";
import { KubeObject, list, text } from "./objects";

/** Options that every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onWarning?: (message: string) => void;
  /** Validate and answer as if, but change nothing. */
  readonly dryRun?: boolean;
}

export interface ApplyOptions extends CallOptions {
  readonly manager: string;
  readonly force: boolean;
}

export class Cluster {
  readonly discovery: Discovery;

  constructor(private readonly api: Api) {
    this.discovery = new Discovery(api);
  }

  /** @throws ApiError 404 when there is none */
  async get(object: KubeObject, options: CallOptions = {}): Promise<KubeObject> {
    return this.call(object, "GET", options);
  }

  /** Undefined when it, its namespace or its kind is not there. */
  async find(object: KubeObject, options: CallOptions = {}): Promise<KubeObject | undefined> {
    try {
      return await this.get(object, options);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  /** The objects of a kind in a namespace that a query (labelSelector, fieldSelector) selects. */
  async list(
    apiVersion: string,
    kind: string,
    namespace: string,
    query: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<readonly KubeObject[]> {
    const path = collectionPath(await this.discovery.find(apiVersion, kind), namespace);
    const answer = await this.api.request({ method: "GET", path, query: { limit: "200", ...query }, signal });
    return list(answer, "items") as readonly KubeObject[];
  }

  /** Makes or changes the object so that the given fields are as given and managed under the manager's name. */
  async apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    const query = { fieldManager: options.manager, force: String(options.force) };
    return this.call(object, "PATCH", options, { query, body: object, contentType: "application/apply-patch+yaml" });
  }

  /** @throws ApiError AlreadyExists */
  async create(object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    const kind = await this.discovery.find(text(object, "apiVersion"), text(object, "kind"));
    const path = collectionPath(kind, text(object, "metadata", "namespace") || "default");
    return this.send({ method: "POST", path, query: { fieldManager: options.manager }, body: object }, options);
  }

  async mergePatch(object: KubeObject, patch: unknown, options: ApplyOptions): Promise<KubeObject> {
    const query = { fieldManager: options.manager };
    return this.call(object, "PATCH", options, { query, body: patch, contentType: "application/merge-patch+json" });
  }

  /** @param propagation what happens to what the object owns: "Foreground", "Background" or "Orphan" */
  async remove(object: KubeObject, propagation: string, options: CallOptions = {}): Promise<void> {
    const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: propagation };
    await this.call(object, "DELETE", options, { body });
  }

  private async call(
    object: KubeObject,
    method: Request["method"],
    options: CallOptions,
    more: Partial<Request> = {},
  ): Promise<KubeObject> {
    const kind = await this.discovery.find(text(object, "apiVersion"), text(object, "kind"));
    return this.send({ method, path: objectPath(kind, object), ...more }, options);
  }

  private send(request: Request, options: CallOptions): Promise<KubeObject> {
    const query = { ...request.query, ...(options.dryRun === true ? { dryRun: "All" } : {}) };
    return this.api.request({ ...request, query, signal: options.signal, onWarning: options.onWarning });
  }
}
