import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as z from "zod/mini";
import { parseJson } from "../../../packages/samples/index";

/** Where the API server is and how to log in there. */
export interface KubernetesAccess {
  readonly url: string;
  readonly namespace: string;
  /** File with the token of the service account; it is read anew for each request, since the kubelet renews it. */
  readonly tokenFile: string;
  readonly caFile: string;
}

/** Replicas of one controller: asked for, and ready to work. */
export interface ControllerState {
  readonly name: string;
  readonly requested: number;
  readonly ready: number;
}

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The access that Kubernetes gives to each pod; undefined outside of a cluster. KUBERNETES_URL overrides the address. */
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

const controllersSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ replicas: z.optional(z.int()) }),
      status: z.optional(z.object({ readyReplicas: z.optional(z.int()) })),
    }),
  ),
});

/** The little of the Kubernetes API that the viewer reads. A whole client would be many times the size of the viewer. */
export class Kubernetes {
  private readonly agent: http.Agent | https.Agent;

  constructor(private readonly access: KubernetesAccess) {
    const options = { keepAlive: true, maxSockets: 2 };
    this.agent = access.url.startsWith("https:")
      ? new https.Agent({ ...options, ca: fs.readFileSync(access.caFile) })
      : new http.Agent(options);
  }

  /** All replication controllers of the namespace. Throws with what the API server said, or did not say. */
  async controllers(timeoutMs: number): Promise<readonly ControllerState[]> {
    const path = `/api/v1/namespaces/${encodeURIComponent(this.access.namespace)}/replicationcontrollers`;
    const list = parseJson(controllersSchema, await this.get(path, timeoutMs));
    if (!list.ok) throw new Error(`the API server's answer to ${path} cannot be read: ${list.problem}`);
    return list.value.items.map(({ metadata, spec, status }) => ({
      name: metadata.name,
      // The API leaves out numbers that are 0.
      requested: spec.replicas ?? 0,
      ready: status?.readyReplicas ?? 0,
    }));
  }

  close(): void {
    this.agent.destroy();
  }

  private async get(path: string, timeoutMs: number): Promise<string> {
    const token = fs.existsSync(this.access.tokenFile) ? fs.readFileSync(this.access.tokenFile, "utf8").trim() : "";
    const url = new URL(path, this.access.url);
    const options: https.RequestOptions = {
      agent: this.agent,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { accept: "application/json", ...(token === "" ? {} : { authorization: `Bearer ${token}` }) },
    };
    return new Promise((resolve, reject) => {
      const request = (url.protocol === "https:" ? https : http).get(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const body = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode === 200) resolve(body);
          else
            reject(new Error(`the API server answered ${response.statusCode ?? 0} to ${path}: ${body.slice(0, 200)}`));
        });
      });
      request.on("error", (error) => reject(new Error(`the API server cannot be asked: ${error.message}`)));
    });
  }
}
