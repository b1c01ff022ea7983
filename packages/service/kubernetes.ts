import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { parseJson } from "@inaetics/samples";
import * as z from "zod/mini";

/** Address of the API server and the login there. */
export interface KubernetesAccess {
  readonly url: string;
  readonly namespace: string;
  /** File with the token of the service account. It is read again for each request, because the kubelet renews it. */
  readonly tokenFile: string;
  readonly caFile: string;
}

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Access that Kubernetes gives to each pod. Undefined outside of a cluster. KUBERNETES_URL overrides the address. */
export function podAccess(variables: NodeJS.ProcessEnv): KubernetesAccess | undefined {
  const host = variables["KUBERNETES_SERVICE_HOST"];
  const port = variables["KUBERNETES_SERVICE_PORT"] ?? "443";
  const url = variables["KUBERNETES_URL"] ?? (host === undefined ? undefined : `https://${host}:${port}`);
  if (url === undefined) return undefined;
  return {
    url,
    namespace: variables["POD_NAMESPACE"] ?? "inaetics",
    tokenFile: variables["KUBERNETES_TOKEN_FILE"] ?? `${serviceAccount}/token`,
    caFile: variables["KUBERNETES_CA_FILE"] ?? `${serviceAccount}/ca.crt`,
  };
}

/** The API server answered, but not with what was asked for. */
export class KubernetesError extends Error {
  constructor(
    readonly status: number,
    text: string,
  ) {
    super(text);
    this.name = "KubernetesError";
  }
}

/** Requests to the Kubernetes API. A whole client would be many times the size of a service. */
export class KubernetesClient {
  private readonly agent: http.Agent | https.Agent;

  constructor(
    readonly access: KubernetesAccess,
    maxSockets = 4,
  ) {
    const options = { keepAlive: true, maxSockets };
    this.agent = access.url.startsWith("https:")
      ? new https.Agent({ ...options, ca: fs.readFileSync(access.caFile) })
      : new http.Agent(options);
  }

  /** Returns the path of a resource in the namespace, or of one object. */
  path(group: string, resource: string, name?: string): string {
    const all = `${group}/namespaces/${encodeURIComponent(this.access.namespace)}/${resource}`;
    return name === undefined ? all : `${all}/${encodeURIComponent(name)}`;
  }

  /** Reads an object or a list. Rejects when it has another shape. */
  async read<T extends z.ZodMiniType>(schema: T, path: string, timeoutMs: number): Promise<z.infer<T>> {
    return this.parse(schema, path, await this.get(path, timeoutMs));
  }

  /** Same as `read`; undefined when the object does not exist. */
  async readIfPresent<T extends z.ZodMiniType>(
    schema: T,
    path: string,
    timeoutMs: number,
  ): Promise<z.infer<T> | undefined> {
    try {
      return await this.read(schema, path, timeoutMs);
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    }
  }

  get(path: string, timeoutMs: number): Promise<string> {
    return this.request("GET", path, timeoutMs);
  }

  /** Sends JSON. */
  post(path: string, body: object, timeoutMs: number): Promise<string> {
    return this.request("POST", path, timeoutMs, body);
  }

  /** Sends JSON that replaces the object. */
  put(path: string, body: object, timeoutMs: number): Promise<string> {
    return this.request("PUT", path, timeoutMs, body);
  }

  /** Sends the changes, as a JSON merge patch. */
  patch(path: string, body: object, timeoutMs: number): Promise<string> {
    return this.request("PATCH", path, timeoutMs, body, "application/merge-patch+json");
  }

  /** Checks an answer of the API server. Throws when it has another shape. */
  protected parse<T extends z.ZodMiniType>(schema: T, path: string, answer: string): z.infer<T> {
    const parsed = parseJson(schema, answer);
    if (!parsed.ok) throw new Error(`the API server's answer to ${path} cannot be read: ${parsed.problem}`);
    return parsed.value;
  }

  close(): void {
    this.agent.destroy();
  }

  /** Returns the answer's body. Rejects with a `KubernetesError` for a refusal, or an Error when no answer came. */
  private async request(
    method: string,
    path: string,
    timeoutMs: number,
    content?: object,
    type = "application/json",
  ): Promise<string> {
    const body = content === undefined ? undefined : JSON.stringify(content);
    const { tokenFile, url: server } = this.access;
    const token = fs.existsSync(tokenFile) ? fs.readFileSync(tokenFile, "utf8").trim() : "";
    const url = new URL(path, server);
    const options: https.RequestOptions = {
      method,
      agent: this.agent,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(body) }),
        ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
      },
    };
    return new Promise((resolve, reject) => {
      const request = (url.protocol === "https:" ? https : http).request(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const answer = Buffer.concat(chunks).toString("utf8");
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(answer);
          else {
            const said = `the API server answered ${status} to ${path}: ${answer.slice(0, 200)}`;
            reject(new KubernetesError(status, said));
          }
        });
      });
      request.on("error", (error) => reject(new Error(`the API server cannot be asked: ${error.message}`)));
      request.end(body);
    });
  }
}
